import pg from "pg";
import type { Logger } from "./logger.ts";
import { connectionSettings } from "./pool.ts";
import type { PostgresSettings } from "./postgres.ts";

/** Milliseconds between attempts to listen again. */
const pause = 500;

/**
 * Calls `wake` whenever somebody notified `channel` (a plain identifier), and after each time that was not heard for a
 * while. Only a hint: the connection may be gone without anybody knowing, so whoever relies on it also looks by itself.
 */
export function listen(
  settings: PostgresSettings,
  channel: string,
  logger: Logger,
  wake: () => void,
): { stop: () => void } {
  let stopped = false;
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;

  const connect = () => {
    const opened = new pg.Client({
      ...connectionSettings(settings.POSTGRES_PRIMARY_URL, settings.POSTGRES_CA_FILE),
      application_name: `listener of ${channel}`,
      connectionTimeoutMillis: 2_000,
      keepAlive: true,
    });
    client = opened;
    opened.on("notification", wake);
    opened.on("error", (error) => logger.debug({ channel, err: error }, "not listened to"));
    opened.once("end", () => {
      if (stopped || client !== opened) return;
      retry = setTimeout(connect, pause);
    });
    void start(opened, channel).then(wake, (error: unknown) => {
      logger.debug({ channel, err: error }, "cannot listen");
      void opened.end().catch(() => undefined); // tells "end", which tries again
    });
  };
  connect();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(retry);
      void client?.end().catch(() => undefined);
    },
  };
}

async function start(client: pg.Client, channel: string): Promise<void> {
  await client.connect();
  await client.query(`LISTEN ${channel}`);
}
