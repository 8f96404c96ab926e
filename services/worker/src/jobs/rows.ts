import type { Query } from "@purlin/kit/pool";
import type { Job, NewJob } from "./kind.ts";

type QueryRow = Record<string, unknown>;

const columns = `id, organisation_id AS "organisationId", event_id::text AS "eventId", payload, attempts, trace_parent AS "traceParent"`;
const due = "state = 'pending' AND run_after <= now() + interval '1 second'";

const see = `set_config('purlin.organisation_id', coalesce(organisation_id::text, ''), true)`;

/** From here on the transaction sees the rows of the job's organisation. */
export async function seeOrganisation(query: Query, { organisationId }: Job): Promise<void> {
  await query("SELECT set_config('purlin.organisation_id', $1, true)", [organisationId ?? ""]);
}

/**
 * Takes those of the jobs that are pending, due and not being done elsewhere: their rows are deleted when the transaction
 * commits. Whoever runs the same job at the same time goes without, and later finds that it is done.
 */
export async function take(query: Query, ids: readonly string[]): Promise<Job[]> {
  return query<Job & QueryRow>(
    `DELETE FROM jobs.jobs WHERE id = ANY(ARRAY(
       SELECT id FROM jobs.jobs WHERE id = ANY($1::uuid[]) AND ${due} FOR UPDATE SKIP LOCKED
     )) RETURNING ${columns}`,
    [ids],
  );
}

/** The job, when it is pending and due. */
export async function find(query: Query, id: string): Promise<Job | undefined> {
  const [row] = await query<Job & QueryRow>(`SELECT ${columns} FROM jobs.jobs WHERE id = $1 AND ${due}`, [id]);
  return row;
}

/** Milliseconds until the first of the jobs is due that are pending; undefined when none is. */
export async function dueIn(query: Query, ids: readonly string[]): Promise<number | undefined> {
  const [row] = await query<{ milliseconds: number | null }>(
    `SELECT greatest(0, extract(epoch FROM min(run_after) - now()) * 1000)::float8 AS milliseconds
     FROM jobs.jobs WHERE id = ANY($1::uuid[]) AND state = 'pending' HAVING count(*) > 0`,
    [ids],
  );
  return row?.milliseconds ?? undefined;
}

/** Parts jobs that cannot be run as one, to be queued each by itself; gives those that are still to be done. */
export async function part(query: Query, ids: readonly string[]): Promise<NewJob[]> {
  return query<NewJob & QueryRow>(
    "UPDATE jobs.jobs SET bundle = NULL WHERE id = ANY($1::uuid[]) AND state = 'pending' RETURNING id, kind",
    [ids],
  );
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
       died_at = CASE WHEN attempts < cardinality($3::float8[]) THEN NULL ELSE now() END,
       run_after = now() + make_interval(secs => coalesce(($3::float8[])[attempts + 1] * $4, 0))
     WHERE id = $1 AND state = 'pending'
     RETURNING state = 'dead' AS dead, (extract(epoch FROM run_after - now()) * 1000)::float8 AS delay, ${see}`,
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
