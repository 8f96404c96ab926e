import type { Logger } from "@purlin/kit/logger";
import type { Query } from "@purlin/kit/pool";
import type { Database } from "@purlin/kit/postgres";
import { isOutage } from "@purlin/kit/problems";
import { RunAgain } from "@purlin/kit/queue";
import { continueTrace } from "@purlin/kit/telemetry";
import { commitEffects } from "./effects.ts";
import { GiveUp, Postpone, type Effect, type Job, type Kind, type NewJob } from "./kind.ts";
import { countFailure, dueIn, find, part, postpone } from "./rows.ts";

/** How a run ended: `stale` is one that found nothing to do. */
export type Outcome = "done" | "stale" | "failed" | "dead" | "postponed" | "interrupted";

export interface RunnerOptions {
  db: Database;
  logger: Logger;
  /** Queues what an effect made. */
  queue: (jobs: NewJob[]) => Promise<void>;
  /** Tells how runs ended. */
  record: (kind: string, outcome: Outcome, jobs?: number) => void;
  /** Ends work outside of Postgres when the worker has to stop. */
  stopping: AbortSignal;
}

/** Milliseconds before a job is tried again that could not be because Postgres was away. */
const outagePause = 1_000;
/** Milliseconds until it is looked again whether somebody else has done a job. */
const lockedPause = 500;

/**
 * Runs what one entry of the queue is for: a job, or a bundle of effects. Effects and the end of their rows commit
 * together, under the locks of the rows: run twice, even at once, a job has its effect once. Resolves when the queue may
 * forget the entry.
 * @throws RunAgain when it is to be run again.
 */
export async function run(kind: Kind, ids: readonly string[], options: RunnerOptions): Promise<void> {
  const [id = ""] = ids;
  try {
    if ("work" in kind) await runWork(kind, id, options);
    else await finish(kind, ids, kind.effect, options);
  } catch (error) {
    if (error instanceof RunAgain) throw error;
    if (isOutage(error)) throw postponed(kind, options, outagePause);
    if (ids.length === 1) await fail(kind, id, error, options);
    else await options.queue((await unlessAway(options.db.write((query) => part(query, ids)))).value); // one of them fails: find out which
  }
}

async function runWork(kind: WorkKind, id: string, options: RunnerOptions): Promise<void> {
  const job = await find(options.db.readPrimary, id);
  if (!job) {
    await settleStale(kind, [id], options);
    return;
  }
  try {
    await finish(kind, [id], await work(kind, job, options), options);
  } catch (error) {
    // an outage of Postgres is nobody's fault; one of somebody else's counts
    if (error instanceof RunAgain || isOutage(error)) throw error;
    await fail(kind, id, error instanceof WorkFailed ? error.cause : error, options, job);
  }
}

type WorkKind = Extract<Kind, { timeout: number }>;

/** What went wrong in a kind's own work: an outage there is one of somebody else's, and counts. */
class WorkFailed extends Error {}

async function work(kind: WorkKind, job: Job, options: RunnerOptions): Promise<Effect> {
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

async function finish(kind: Kind, ids: readonly string[], effect: Effect, options: RunnerOptions): Promise<void> {
  const { done, made } = await commitEffects(options.db, kind.name, ids, effect);
  options.record(kind.name, "done", done);
  await options.queue(made);
  if (done < ids.length) await settleStale(kind, ids, options);
}

/** Jobs that were not there to be done: they are done already, being done elsewhere, or not yet due. */
async function settleStale(kind: Kind, ids: readonly string[], { db, record }: RunnerOptions): Promise<void> {
  const wait = await dueIn(db.readPrimary, ids);
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
