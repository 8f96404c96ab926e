import { audit } from "@purlin/kit/audit";
import { readCursor, toPage, writeCursor } from "@purlin/kit/cursor";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { z } from "zod";

const shown = z.strictObject({
  id: z.uuid(),
  kind: z.string(),
  state: z.enum(["pending", "dead"]).describe("A job that is done is not kept."),
  attempts: z.int().describe("That failed."),
  runAfter: z.iso.datetime(),
  lastError: z.string().nullable(),
  createdAt: z.iso.datetime(),
  diedAt: z.iso.datetime().nullable(),
});

/** A job as administrators of its organisation see it. */
export const job = shown.meta({ id: "Job" });

/** The payload is an event's, which they may read anyway. */
export const jobWithPayload = shown.extend({ payload: z.unknown() }).meta({ id: "JobWithPayload" });

interface Shown {
  id: string;
  kind: string;
  state: "pending" | "dead";
  attempts: number;
  runAfter: Date;
  lastError: string | null;
  createdAt: Date;
  diedAt: Date | null;
}

type QueryRow = Record<string, unknown>;

const columns = `id, kind, state, attempts, run_after AS "runAfter", last_error AS "lastError", created_at AS "createdAt", died_at AS "diedAt"`;
const own = "organisation_id = access.current_organisation()";

export interface Filter {
  state?: "pending" | "dead" | undefined;
  kind?: string | undefined;
}

/** A page of the organisation's jobs, newest first. @throws Problem invalid_request for a wrong cursor */
export async function listJobs(
  query: Query,
  { state, kind }: Filter,
  page: { limit: number; cursor?: string | undefined },
) {
  const [before] = page.cursor === undefined ? [null] : readCursor("jobs", z.tuple([z.uuid()]), page.cursor);
  const rows = await query<Shown & QueryRow>(
    `SELECT ${columns} FROM jobs.jobs
     WHERE ${own} AND ($1::uuid IS NULL OR id < $1) AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR kind = $3)
     ORDER BY id DESC LIMIT $4`,
    [before, state ?? null, kind ?? null, page.limit + 1],
  );
  return toPage(rows, page.limit, ({ id }) => writeCursor("jobs", [id]));
}

/** @throws Problem not_found */
export async function findDeadLetter(query: Query, id: string): Promise<Shown & { payload: unknown }> {
  const [row] = await query<Shown & { payload: unknown } & QueryRow>(
    `SELECT ${columns}, payload FROM jobs.jobs WHERE ${own} AND id = $1 AND state = 'dead'`,
    [id],
  );
  if (!row) throw noDeadLetter();
  return row;
}

/** Who looks after dead letters, and where. */
interface Caller {
  organisationId: string;
  actorId: string;
}

/** Has a dead job run again, as if it were new. @throws Problem not_found */
export async function replay(query: Query, caller: Caller, id: string): Promise<Shown> {
  const [row] = await query<Shown & QueryRow>(
    `UPDATE jobs.jobs SET state = 'pending', attempts = 0, run_after = now(), died_at = NULL
     WHERE ${own} AND id = $1 AND state = 'dead' RETURNING ${columns}`,
    [id],
  );
  if (!row) throw noDeadLetter();
  await record(query, caller, "job.replayed", row);
  return row;
}

/** Forgets a dead job for good. @throws Problem not_found */
export async function discard(query: Query, caller: Caller, id: string): Promise<void> {
  const [row] = await query<Shown & QueryRow>(
    `DELETE FROM jobs.jobs WHERE ${own} AND id = $1 AND state = 'dead' RETURNING ${columns}`,
    [id],
  );
  if (!row) throw noDeadLetter();
  await record(query, caller, "job.discarded", row);
}

async function record(query: Query, caller: Caller, action: string, { id, kind, lastError }: Shown): Promise<void> {
  await audit(query, { ...caller, action, targetType: "job", targetId: id, details: { kind, lastError } });
}

function noDeadLetter(): Problem {
  return new Problem("not_found", { detail: "there is no such dead letter" });
}
