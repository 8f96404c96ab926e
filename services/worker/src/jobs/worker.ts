import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "@purlin/kit/logger";
import type { Metrics } from "@purlin/kit/metrics";
import { startOutboxReader } from "@purlin/kit/outbox-reader";
import type { Database, PostgresSettings } from "@purlin/kit/postgres";
import { RunAgain, type JobQueue, type JobQueues } from "@purlin/kit/queue";
import { entriesOf } from "./entries.ts";
import type { Kind, NewJob } from "./kind.ts";
import { startLoop } from "./loop.ts";
import { createJobMetrics, exportJobCounts } from "./metrics.ts";
import { buryAbandoned, createReconciler } from "./reconciler.ts";
import { createRelay } from "./relay.ts";
import { run } from "./runner.ts";
import { createScheduler } from "./scheduler.ts";

export interface WorkerOptions {
  kinds: readonly Kind[];
  db: Database;
  settings: PostgresSettings;
  queues: JobQueues;
  logger: Logger;
  metrics: Metrics;
  /** Milliseconds that running jobs get to finish once the worker has to stop; then they are handed back. */
  finishTime: number;
}

export interface Worker {
  /** Queues jobs whose rows are committed. What is lost here the reconciler finds. */
  queue: (jobs: readonly NewJob[]) => Promise<void>;
  /** One a kind, for the queue board. */
  queues: readonly JobQueue[];
  /** Takes no more jobs, and finishes or hands back those that run. */
  stop: () => Promise<void>;
}

/** Sets everything going: events become jobs, schedules too, jobs run, and what was forgotten is found. */
export function startWorker({ kinds, db, settings, queues, logger, metrics, finishTime }: WorkerOptions): Worker {
  const stopping = new AbortController();
  const opened = new Map(kinds.map(({ name }) => [name, queues.open(name)]));
  const { record, time } = createJobMetrics(metrics);
  exportJobCounts(metrics.registry, db, [...opened.keys()]);

  /** For jobs that are committed: what cannot be queued now the reconciler will. */
  const queue = async (jobs: readonly NewJob[]) => {
    try {
      for (const [kind, some] of Map.groupBy(jobs, (job) => job.kind)) {
        await opened.get(kind)?.add(entriesOf(some));
      }
    } catch (error) {
      logger.warn({ err: error, jobs: jobs.length }, "jobs are queued later");
    }
  };
  const options = { db, logger, record, queue, stopping: stopping.signal };
  for (const kind of kinds) {
    opened.get(kind.name)?.process(kind.concurrency, async (jobs) => {
      try {
        await time(kind.name, () => run(kind, jobs, options));
      } catch (error) {
        if (!(error instanceof RunAgain)) logger.error({ kind: kind.name, jobs, err: error }, "a run broke");
        throw error;
      }
    });
  }

  const relay = createRelay(kinds);
  let related: NewJob[] = [];
  let queueing = Promise.resolve();
  const reader = startOutboxReader({
    ...{ reader: "jobs", from: "oldest", db, settings, logger, metrics, limit: 1_000 },
    handle: async (events, query) => {
      related = await relay(events, query);
    },
    committed: async () => {
      const jobs = related;
      await queueing; // one batch is queued while the next is read, and no more
      queueing = queue(jobs);
    },
  });
  const schedule = createScheduler(kinds);
  const loops = [
    startLoop("schedules", 1_000, async () => queue((await db.write(schedule)).value), logger),
    startLoop("reconciler", 2_000, createReconciler(db, opened), logger),
    startLoop("abandoned", 5_000, () => buryAbandoned(db, [...opened.values()]), logger),
  ];

  return {
    queue,
    queues: [...opened.values()],
    stop: async () => {
      await Promise.all([reader.stop(), ...loops.map((loop) => loop.stop())]);
      const finished = queues.drain();
      await Promise.race([finished, sleep(finishTime, undefined, { ref: false })]);
      stopping.abort();
      await finished;
    },
  };
}
