import { setTimeout as sleep } from "node:timers/promises";
import { Gauge } from "prom-client";
import { listen } from "./listener.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import { finishBatch, readBatch, takeLead, type OutboxEvent } from "./outbox-batch.ts";
import type { Query } from "./pool.ts";
import type { Database, PostgresSettings } from "./postgres.ts";

export type { OutboxEvent };

export interface OutboxReaderOptions {
  /** Names the cursor: instances of one reader share it, and one of them at a time is handed events. */
  reader: string;
  /** Where a reader that is new begins: with the oldest event kept, or with the next one. */
  from: "oldest" | "next";
  db: Database;
  settings: PostgresSettings;
  /**
   * Handles events in the order of commit. What it writes with `query` commits together with the cursor: exactly once.
   * What it does elsewhere may be done again by the next leader. It should be brief: `leaseTime` ends a leader that hangs.
   */
  handle: (events: OutboxEvent[], query: Query) => Promise<void>;
  /** Runs after each commit of events, before the next are read; what it does may be lost with the process. */
  committed?: () => Promise<void> | void;
  logger: Logger;
  metrics: Metrics;
  /** Most events handed over at once. */
  limit?: number;
  /** Milliseconds between looks when nobody wakes the reader. */
  pollInterval?: number;
  /** Milliseconds a leader may be silent, frozen for instance, before Postgres ends its session and another leads. */
  leaseTime?: number;
}

export interface OutboxReader {
  /** Resolves when no batch is being handled any more. */
  stop: () => Promise<void>;
}

const begin = `
  INSERT INTO platform.outbox_cursors (reader, seen)
  VALUES ($1, CASE WHEN $2 THEN '1:1:'::pg_snapshot ELSE pg_current_snapshot() END) ON CONFLICT (reader) DO NOTHING`;

/** Follows the outbox until it is stopped. While Postgres is away it waits, and then goes on where it was. */
export function startOutboxReader(options: OutboxReaderOptions): OutboxReader {
  const { reader, from, db, handle, logger, limit = 500, pollInterval = 500, leaseTime = 2_000 } = options;
  const stopping = new AbortController();
  let woken = Promise.withResolvers<undefined>();
  let begun = false;
  exportLag(options);

  /** True when there may be more at once. */
  const step = async (): Promise<boolean> => {
    if (!begun) await db.write((query) => query(begin, [reader, from === "oldest"]));
    begun = true;
    const { value: batch } = await db.write((query) => handleBatch(query));
    if (batch && batch.events.length > 0) await options.committed?.();
    return batch !== undefined && (batch.resumed || batch.events.length === limit);
  };
  const handleBatch = async (query: Query) => {
    if (!(await takeLead(query, reader, leaseTime))) return undefined;
    const batch = await readBatch(query, reader, limit);
    if (batch.events.length > 0) await handle(batch.events, query);
    if (batch.events.length > 0 || batch.resumed) await finishBatch(query, reader, batch, limit);
    return batch;
  };
  const run = async () => {
    let failing = false;
    while (!stopping.signal.aborted) {
      woken = Promise.withResolvers();
      try {
        if (await step()) continue;
        if (failing) logger.info({ reader }, "the outbox is read again");
        failing = false;
      } catch (error) {
        if (!failing) logger.warn({ reader, err: error }, "the outbox cannot be read");
        failing = true;
        await pause(100, stopping.signal); // a notification must not make a failing reader spin
      }
      await Promise.race([woken.promise, pause(pollInterval, stopping.signal)]);
    }
  };
  const listener = listen(options.settings, "outbox", logger, () => {
    woken.resolve(undefined);
  });
  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      listener.stop();
      await running;
    },
  };
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

const oldest = `
  SELECT coalesce(extract(epoch FROM clock_timestamp() - min(o.occurred_at)), 0)::float8 AS seconds
  FROM platform.outbox_cursors c
  JOIN platform.outbox o ON o.transaction >= pg_snapshot_xmin(c.seen)
  WHERE c.reader = $1 AND NOT pg_visible_in_snapshot(o.transaction, c.seen) AND o.id > c.id`;

/** `outbox_lag_seconds{reader}`: age of the oldest event not handled; absent while that cannot be found out. */
function exportLag({ reader, db, metrics }: OutboxReaderOptions): void {
  new Gauge({
    name: "outbox_lag_seconds",
    help: "Age of the oldest event a reader of the outbox has not handled",
    labelNames: ["reader"],
    registers: [metrics.registry],
    async collect() {
      this.reset();
      try {
        const [row] = await db.readPrimary<{ seconds: number }>(oldest, [reader]);
        if (row) this.labels(reader).set(row.seconds);
      } catch {
        // Postgres is away: no figure is better than a wrong one, and its own alerts tell
      }
    },
  });
}
