import type { Query } from "@purlin/kit/pool";
import type { Job } from "./kind.ts";

const columns = `id, organisation_id AS "organisationId", event_id::text AS "eventId", payload, trace_parent AS "traceParent"`;

export interface JobRow extends Job {
  traceParent: string | null;
}

/**
 * Marks the job as done and gives it, with its organisation in sight from here on; undefined when it is not pending, or
 * not due. One statement locks, checks, marks and reads, so that whoever runs the same job at the same time waits here, and
 * then finds that it is done.
 */
export async function claim(query: Query, id: string): Promise<JobRow | undefined> {
  const [row] = await query<JobRow>(
    `UPDATE jobs.jobs SET state = 'done', attempts = attempts + 1, finished_at = now(), last_error = NULL
     WHERE id = $1 AND state = 'pending' AND run_after <= now() + interval '1 second'
     RETURNING ${columns}, attempts - 1 AS attempts,
       set_config('purlin.organisation_id', coalesce(organisation_id::text, ''), true) AS "sees"`,
    [id],
  );
  return row;
}

/** The job, when it is pending and due. */
export async function find(query: Query, id: string): Promise<JobRow | undefined> {
  const [row] = await query<JobRow>(
    `SELECT ${columns}, attempts FROM jobs.jobs WHERE id = $1 AND state = 'pending' AND run_after <= now() + interval '1 second'`,
    [id],
  );
  return row;
}

/** Milliseconds until a pending job is due; undefined for one that is not pending. */
export async function dueIn(query: Query, id: string): Promise<number | undefined> {
  const [row] = await query<{ milliseconds: number }>(
    `SELECT greatest(0, extract(epoch FROM run_after - now()) * 1000)::float8 AS milliseconds
     FROM jobs.jobs WHERE id = $1 AND state = 'pending'`,
    [id],
  );
  return row?.milliseconds;
}

/** What is told of an error: enough to find out, and no more than fits a line. */
export function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500);
}

/**
 * Counts a failed attempt. Past the last of `retries` (seconds; `spread` is a factor on them) the job is dead. Undefined
 * when it is no longer pending.
 */
export async function countFailure(
  query: Query,
  id: string,
  { error, retries, spread }: { error: unknown; retries: readonly number[]; spread: number },
): Promise<{ dead: boolean; delay: number } | undefined> {
  const [row] = await query<{ dead: boolean; delay: number }>(
    `UPDATE jobs.jobs SET
       attempts = attempts + 1, last_error = $2,
       state = CASE WHEN attempts < cardinality($3::float8[]) THEN 'pending' ELSE 'dead' END,
       finished_at = CASE WHEN attempts < cardinality($3::float8[]) THEN NULL ELSE now() END,
       run_after = now() + make_interval(secs => coalesce(($3::float8[])[attempts + 1] * $4, 0))
     WHERE id = $1 AND state = 'pending'
     RETURNING state = 'dead' AS dead, (extract(epoch FROM run_after - now()) * 1000)::float8 AS delay,
       set_config('purlin.organisation_id', coalesce(organisation_id::text, ''), true) AS "sees"`,
    [id, reason(error), retries, spread],
  );
  return row;
}

/** Moves a pending job to later without counting an attempt. */
export async function postpone(query: Query, id: string, seconds: number, why: string): Promise<void> {
  await query(
    `UPDATE jobs.jobs SET run_after = now() + make_interval(secs => $2), last_error = $3 WHERE id = $1 AND state = 'pending'`,
    [id, seconds, why],
  );
}
