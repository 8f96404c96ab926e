import type { Query } from "@purlin/kit/pool";
import type { Database } from "@purlin/kit/postgres";
import type { JobQueue } from "@purlin/kit/queue";
import { entriesOf } from "./entries.ts";
import type { NewJob } from "./kind.ts";
import { countFailure, part } from "./rows.ts";

/** Seconds a job may be due before it is thought to be forgotten. */
const grace = 3;
const page = 1_000;

interface Position {
  runAfter: string;
  id: string;
}

const overdue = `
  SELECT id, kind, bundle, run_after::text AS "runAfter" FROM jobs.jobs
  WHERE state = 'pending' AND run_after < now() - make_interval(secs => $1)
    AND ($2::timestamptz IS NULL OR (run_after, id) > ($2, $3::uuid))
  ORDER BY run_after, id LIMIT ${page}`;

/**
 * Queues again what the queue has forgotten: Redis came back empty, or a worker died between commit and queueing. A job
 * that was done in between is no longer in the queue either, so those that are missing are looked up once more. Each call
 * takes the next page of overdue jobs, then begins anew.
 */
export function createReconciler(db: Database, queues: ReadonlyMap<string, JobQueue>) {
  let after: Position | undefined;
  return async (): Promise<void> => {
    const jobs = await db.readPrimary<NewJob & Position>(overdue, [grace, after?.runAfter ?? null, after?.id ?? null]);
    after = jobs.length < page ? undefined : jobs.at(-1);
    for (const [kind, some] of Map.groupBy(jobs, (job) => job.kind)) {
      const queue = queues.get(kind);
      if (queue) await queueMissing(db, queue, some);
    }
  };
}

async function queueMissing(db: Database, queue: JobQueue, jobs: readonly NewJob[]): Promise<void> {
  const missing = await queue.missing(entriesOf(jobs));
  if (missing.length === 0) return;
  const pending = "SELECT id, kind, bundle FROM jobs.jobs WHERE id = ANY($1::uuid[]) AND state = 'pending'";
  const ids = missing.flatMap((entry) => entry.jobs);
  await queue.add(entriesOf(await db.readPrimary<NewJob & Record<string, unknown>>(pending, [ids])));
}

/**
 * Ends jobs under which workers died again and again: a job that kills its worker would never stop doing so. Of a bundle
 * it may have been any: each is tried by itself.
 */
export async function buryAbandoned(db: Database, queues: readonly JobQueue[]): Promise<void> {
  const error = new Error("the worker died with it again and again");
  for (const queue of queues) {
    await queue.takeAbandoned(async (ids) => {
      const [id = ""] = ids;
      const bury = (query: Query) => countFailure(query, id, { error, retries: [], spread: 1 });
      if (ids.length === 1) await db.write(bury);
      else await queue.add(entriesOf((await db.write((query) => part(query, ids))).value));
    });
  }
}
