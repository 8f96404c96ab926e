import type { Logger } from "@purlin/kit/logger";
import type { Query } from "@purlin/kit/pool";
import type { Database } from "@purlin/kit/postgres";
import { isOutage } from "@purlin/kit/problems";
import { RunAgain } from "@purlin/kit/queue";
import { continueTrace } from "@purlin/kit/telemetry";
import type { Commit } from "./committer.ts";
import { GiveUp, Postpone, type Effect, type Job, type Kind, type NewJob } from "./kind.ts";
import { countFailure, dueIn, find, postpone } from "./rows.ts";

/** How a run ended: `stale` is one that found nothing to do. */
export type Outcome = "done" | "stale" | "failed" | "dead" | "postponed" | "interrupted";

export interface RunnerOptions {
  db: Database;
  logger: Logger;
  commit: Commit;
  /** Queues what an effect made. */
  queue: (jobs: NewJob[]) => Promise<void>;
  /** Tells how each run ended. */
  record: (kind: string, outcome: Outcome) => void;
  /** Ends work outside of Postgres when the worker has to stop. */
  stopping: AbortSignal;
}

/** Milliseconds before a job is tried again that could not be because Postgres was away. */
const outagePause = 1_000;
/** Milliseconds until it is looked again whether somebody else has done a job. */
const lockedPause = 500;

/**
 * Runs one job. Its effect and the end of its row commit together, under the lock of its row: run twice, even at once, it has its
 * effect once. Resolves when the queue may forget the job.
 * @throws RunAgain when it is to be run again.
 */
export async function runJob(kind: Kind, id: string, options: RunnerOptions): Promise<void> {
  let job: Job | undefined;
  try {
    if ("effect" in kind) {
      await finish(kind, id, kind.effect, options);
      return;
    }
    job = await find(options.db.readPrimary, id);
    if (job) await finish(kind, id, await work(kind, job, options), options);
    else await settleStale(kind, id, options);
  } catch (error) {
    if (error instanceof RunAgain) throw error;
    if (error instanceof WorkFailed) await fail(kind, id, error.cause, options, job);
    else if (isOutage(error)) throw postponed(kind, options, outagePause);
    else await fail(kind, id, error, options, job);
  }
}

/** What went wrong in a kind's own work: an outage there is one of somebody else's, and counts. */
class WorkFailed extends Error {}

async function work(kind: Extract<Kind, { timeout: number }>, job: Job, options: RunnerOptions): Promise<Effect> {
  const { record, stopping } = options;
  try {
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(kind.timeout * 1_000)]);
    const attributes = { "job.id": job.id, "job.attempt": job.attempts + 1 };
    return await continueTrace(job.traceParent, kind.name, attributes, () => kind.work(job, signal));
  } catch (error) {
    if (!stopping.aborted) throw new WorkFailed("work failed", { cause: error });
    record(kind.name, "interrupted");
    throw new RunAgain(1); // by another instance
  }
}

async function finish(kind: Kind, id: string, effect: Effect, options: RunnerOptions): Promise<void> {
  const made = await options.commit(id, effect);
  if (!made) {
    await settleStale(kind, id, options);
    return;
  }
  options.record(kind.name, "done");
  if (made.length > 0) await options.queue(made);
}

/** A job that was not there to be done: it is done already, or not yet due. */
async function settleStale(kind: Kind, id: string, { db, record }: RunnerOptions): Promise<void> {
  const wait = await dueIn(db.readPrimary, id);
  record(kind.name, "stale");
  if (wait !== undefined) throw new RunAgain(Math.max(wait, lockedPause));
}

async function fail(kind: Kind, id: string, error: unknown, options: RunnerOptions, job?: Job): Promise<void> {
  const { db, logger, record } = options;
  if (error instanceof Postpone) {
    await unlessAway(db.write((query) => postpone(query, id, error.seconds, error.message)));
    throw postponed(kind, options, error.seconds * 1_000);
  }
  const retries = error instanceof GiveUp ? [] : kind.retries;
  const spread = 0.8 + Math.random() * 0.4; // those that failed together do not come back together
  const count = async (query: Query) => {
    const counted = await countFailure(query, id, { error, retries, spread });
    if (counted && job && "work" in kind) await kind.failed?.(query, job, { error, dead: counted.dead });
    return counted;
  };
  const { value: counted } = await unlessAway(db.write(count));
  if (!counted) return;
  const { dead, delay } = counted;
  logger.warn({ kind: kind.name, job: id, dead, err: error }, "job failed");
  record(kind.name, dead ? "dead" : "failed");
  if (!dead) throw new RunAgain(delay);
}

function postponed(kind: Kind, { record }: RunnerOptions, delay: number): RunAgain {
  record(kind.name, "postponed");
  return new RunAgain(delay);
}

/** With Postgres away a failure cannot be counted: the job is run again as if it had not been. */
async function unlessAway<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isOutage(error)) throw new RunAgain(outagePause);
    throw error;
  }
}
