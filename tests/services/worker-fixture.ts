import { createLogger } from "@purlin/kit/logger";
import { createMetrics } from "@purlin/kit/metrics";
import { createDatabase } from "@purlin/kit/postgres";
import { createJobQueues } from "@purlin/kit/queue";
import type { Effect, Kind } from "../../services/worker/src/jobs/kind.ts";
import { startWorker } from "../../services/worker/src/jobs/worker.ts";

/*
 * A worker with kinds of its own whose effects can be counted, as a process that tests may kill. Settings come as one
 * JSON argument; it writes "ready", ends in order at SIGTERM, and its log goes to stderr.
 */
export interface FixtureSettings {
  postgres: string;
  redis: string;
  /** Milliseconds after which jobs of a dead worker are free. */
  lockTime: number;
  concurrency: number;
  finishTime: number;
  /** Failures that a call may have. */
  patience: number;
}

const settings = JSON.parse(process.argv[2] ?? "{}") as FixtureSettings;
const logger = createLogger({ service: "worker", instance: `worker-${process.pid}`, level: "warn" });
const metrics = createMetrics("worker", "1");
const postgres = { POSTGRES_PRIMARY_URL: settings.postgres, POSTGRES_REPLICA_URLS: [] };
const db = createDatabase(postgres, logger, metrics, "worker-fixture");
const queues = createJobQueues(settings.redis, "worker:", logger, settings.lockTime);

const count: Effect = async (query, job) => {
  const { payload } = job.payload as { payload?: { poison?: boolean } };
  if (payload?.poison) throw new Error("planned poison");
  await query("INSERT INTO public.effects (event_id, job_id, pid) VALUES ($1, $2, $3)", [
    job.eventId,
    job.id,
    process.pid,
  ]);
  return undefined;
};
const kinds: Kind[] = [
  { name: "test.count", on: ["test.count"], concurrency: settings.concurrency, retries: [1, 1], effect: count },
  {
    name: "test.call",
    on: ["test.call"],
    concurrency: settings.concurrency,
    retries: Array.from({ length: settings.patience }, () => 0.1),
    timeout: 5,
    work: async (job, signal) => {
      const { payload } = job.payload as { payload: { failures?: number; milliseconds?: number } };
      if (job.attempts < (payload.failures ?? 0)) throw new Error(`planned failure ${job.attempts}`);
      await db.write((query) => query("INSERT INTO public.calls (job_id, pid) VALUES ($1, $2)", [job.id, process.pid]));
      await new Promise((resolve, reject) => {
        setTimeout(resolve, payload.milliseconds ?? 0);
        signal.addEventListener("abort", () => reject(new Error("aborted")));
      });
      return count;
    },
  },
  { name: "test.slot", every: 1, concurrency: 1, retries: [1], effect: count },
];

const worker = startWorker({ kinds, db, settings: postgres, queues, logger, metrics, finishTime: settings.finishTime });
process.stdout.write("ready\n");
process.on("SIGTERM", () => {
  void worker
    .stop()
    .then(() => queues.close())
    .then(() => db.close())
    .then(() => process.exit(0));
});
