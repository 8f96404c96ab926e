import type { Authenticator } from "@purlin/kit/identity";
import type { Logger } from "@purlin/kit/logger";
import { setTimeout as sleep } from "node:timers/promises";
import type { RealtimeMetrics } from "./metrics.ts";
import type { Connection, Sockets } from "./sockets.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** Milliseconds between two looks at every connection; with the authenticator's half second a right is gone within one second. */
const period = 400;

export interface WatchOptions {
  authenticator: Authenticator;
  subscriptions: Subscriptions;
  metrics: RealtimeMetrics;
  logger: Logger;
  /** Bytes that may wait for one client. */
  bufferLimit: number;
}

/**
 * Looks after open connections: ends those whose token expired or whose subject was signed out, takes away and gives
 * what changed of their rights, and lets go of clients that do not read what they are sent.
 */
export function watch(io: Sockets, options: WatchOptions): { stop: () => Promise<void> } {
  const stopping = new AbortController();
  const run = async () => {
    while (!stopping.signal.aborted) {
      const connections = [...io.of("/").sockets.values()];
      await Promise.all(connections.map((connection) => review(connection, options)));
      await sleep(period, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

async function review(connection: Connection, options: WatchOptions): Promise<void> {
  const { authenticator, subscriptions, metrics, logger, bufferLimit } = options;
  if (connection.data.backlog() > bufferLimit) {
    metrics.disconnected("slow consumer");
    connection.conn.close(true); // there is no telling one that does not listen; it resumes where it was
    return;
  }
  const before = connection.data.identity;
  if (before.expiresAt * 1000 <= Date.now()) {
    metrics.disconnected("token expired");
    end(connection, "the token has expired");
    return;
  }
  try {
    const identity = await authenticator.refresh(before);
    if (connection.data.identity !== before) return; // renewed meanwhile
    if (!identity) {
      metrics.disconnected("signed out");
      end(connection, "you were signed out");
      return;
    }
    connection.data.identity = identity;
    if (identity.organisations !== before.organisations) subscriptions.review(connection);
  } catch (error) {
    // Rights cannot be looked up now. Nothing new is told either while Postgres is away.
    logger.debug({ err: error }, "rights of a connection were not reviewed");
  }
}

function end(connection: Connection, detail: string): void {
  connection.emit("problem", { code: "unauthorized", detail });
  connection.disconnect(true);
}
