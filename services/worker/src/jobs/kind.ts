import type { Query } from "@purlin/kit/pool";

/** A job as its kind gets it. */
export interface Job {
  id: string;
  /** Absent for the platform's own work. */
  organisationId: string | null;
  /** Of the outbox; absent for what no event caused. A bigint as text. */
  eventId: string | null;
  /** For a job that an event caused: `{ type, entityId, projectId, actorId, payload, occurredAt }`. Else what its maker gave it. */
  payload: unknown;
  /** Attempts that failed before this one. */
  attempts: number;
  /** The trace it belongs to, for jobs it makes: W3C Trace Context. */
  traceParent: string | null;
}

/** A job that came out of another one's effect, to be queued when that is committed. */
export interface NewJob {
  id: string;
  kind: string;
  /** What it is queued with; absent for a job by itself. */
  bundle?: string | null;
}

/**
 * Writes what the job is for, in the transaction that ends its row: both or neither, and once. It sees the rows of
 * the job's organisation. It gives the jobs it made, if any.
 */
export type Effect = (query: Query, job: Job) => Promise<NewJob[] | undefined>;

interface KindSettings {
  /** `<noun>.<verb>`, unique; also the name of its queue. */
  name: string;
  /** Types of events that each cause such a job, or all of them; none for what others or a schedule make. */
  on?: readonly string[] | "all";
  /** Runs it every so many seconds, once over all instances, from the platform's own account. */
  every?: number;
  /** How many run at once in an instance; of effects alone, how many bundles. */
  concurrency: number;
  /** Seconds to wait after the first failure, the second, and so on; after the last the job is dead. */
  retries: readonly number[];
}

/** A kind of background work: either all of it is in Postgres, or it calls others first. */
export type Kind = KindSettings &
  (
    | { effect: Effect }
    | {
        /**
         * Does what is not in Postgres, in no transaction, and gives the effect that records it. It may run more than once for one job,
         * in the worst case at the same time: whoever is called must be told the job's id as idempotency key.
         * `signal` ends it when its time is up, or the worker stops.
         */
        work: (job: Job, signal: AbortSignal) => Promise<Effect>;
        /** Seconds `work` may take. */
        timeout: number;
        /** Writes what a failed attempt leaves behind, together with the attempt's count. */
        failed?: (query: Query, job: Job, failure: Failure) => Promise<void>;
      }
  );

interface Failure {
  error: unknown;
  /** Whether it was the last attempt. */
  dead: boolean;
}

/** Not now, and no fault of the job's: the attempt does not count. */
export class Postpone extends Error {
  override name = "Postpone";
  readonly seconds: number;

  constructor(seconds: number, reason: string) {
    super(reason);
    this.seconds = seconds;
  }
}

/** It will never work: the job is dead at once. */
export class GiveUp extends Error {
  override name = "GiveUp";
}
