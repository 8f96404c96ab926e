import { randomUUID } from "node:crypto";
import { createLogger } from "@purlin/kit/logger";
import { createMetrics, type Metrics } from "@purlin/kit/metrics";
import { startOutboxReader, type OutboxEvent, type OutboxReaderOptions } from "@purlin/kit/outbox-reader";
import { createDatabase as connect } from "@purlin/kit/postgres";
import pg from "pg";
import type { Daemons } from "./daemons.ts";
import { serviceUrl } from "./databases.ts";

export const logger = createLogger({ service: "test", instance: "test-1", level: "silent" });

/** One instance of a reader of the outbox, in the test's own process. */
export interface TestReader extends AsyncDisposable {
  /** What it was handed and committed. */
  events: OutboxEvent[];
  metrics: Metrics;
  stop: () => Promise<void>;
}

/** Several instances may share `events`. */
export function startReader(
  daemons: Daemons,
  reader: string,
  options: Partial<OutboxReaderOptions> = {},
  events: OutboxEvent[] = [],
): TestReader {
  const settings = { POSTGRES_PRIMARY_URL: serviceUrl(daemons, "app"), POSTGRES_REPLICA_URLS: [] };
  const metrics = createMetrics("test", "1");
  const db = connect(settings, logger, metrics, "test");
  let handled: OutboxEvent[] = [];
  const running = startOutboxReader({
    ...{ reader, from: "next", db, settings, logger, metrics, pollInterval: 100 },
    handle: async (batch) => {
      handled = batch;
      return Promise.resolve();
    },
    committed: () => {
      events.push(...handled);
    },
    ...options,
  });
  return {
    events,
    metrics,
    stop: running.stop,
    [Symbol.asyncDispose]: async () => {
      await running.stop();
      await db.close();
    },
  };
}

/** A session as a service has it. */
export async function openSession(daemons: Daemons): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: serviceUrl(daemons, "app") });
  client.on("error", () => undefined); // the primary is killed under it
  await client.connect();
  return client;
}

const organisation = randomUUID();
const insert = "INSERT INTO platform.outbox (organisation_id, type, entity_id, payload) VALUES ($1, $2, $3, $4)";

/** Writes an event in the session's transaction. */
export async function write(client: pg.Client, type: string, payload: object = {}): Promise<void> {
  await client.query(insert, [organisation, type, randomUUID(), payload]);
}

export const types = ({ events }: TestReader) => events.map(({ type }) => type);
