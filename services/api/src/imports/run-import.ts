import { createHash } from "node:crypto";
import type { Lsn } from "@purlin/kit/lsn";
import { emit } from "@purlin/kit/outbox";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { commitIn } from "../place.ts";
import type { Services } from "../services.ts";
import type { CsvRow } from "./csv-rows.ts";
import { findImport, importColumns, type ImportRow, type RowError } from "./imports.ts";

/** Rows of one transaction: what a kill can undo, and how long others wait for the project. */
const batchSize = 100;

const rowLimit = 10_000;

/** Of the rows that failed, how many are told. */
const errorLimit = 100;

/** Milliseconds after which an import stops and asks to be continued. */
const timeLimit = 240_000;

export interface Import {
  organisationId: string;
  projectId: string;
  id: string;
  actorId: string;
}

/** Creates what rows say, as far as they are right, and says what is wrong with the others. */
export type CreateRows = (query: Query, rows: readonly CsvRow[]) => Promise<{ created: number; errors: RowError[] }>;

/**
 * Imports `rows` as they come, a batch in a transaction together with how far that is: what is noted as done was done,
 * once, whatever is killed. An import that was begun goes on behind the rows that are done, if they are the same.
 * @throws Problem not_found; what `rows` throws, after noting it; conflict when it is another file, or somebody else is at it
 */
export async function runImport(
  services: Pick<Services, "db" | "cache">,
  work: Import,
  rows: AsyncIterable<CsvRow>,
  create: CreateRows,
): Promise<{ value: ImportRow; lsn: Lsn }> {
  const write = <T>(step: (query: Query) => Promise<T>) => commitIn(services, work.organisationId, step);
  const { value: begun, lsn } = await write((query) => begin(query, work));
  if (begun.state === "finished") {
    const { digest, ...report } = begun;
    return { value: report, lsn };
  }
  try {
    await importRows(begun, rows, async (batch) => {
      await write((query) => importBatch(query, work.id, batch, create));
    });
  } catch (error) {
    if (error instanceof Problem && error.code !== "conflict") await write((query) => interrupt(query, work.id, error));
    throw error;
  }
  return write((query) => finish(query, work));
}

const insert = `
  INSERT INTO imports (organisation_id, id, project_id, requested_by)
  SELECT organisation_id, $1, id, $3 FROM projects WHERE id = $2 ON CONFLICT DO NOTHING RETURNING id`;

const goOn = `UPDATE imports SET state = 'running', failure = NULL, updated_at = now() WHERE id = $1 AND state <> 'finished'`;

type Progress = ImportRow & { digest: string };

async function begin(query: Query, work: Import): Promise<Progress> {
  const created = await query(insert, [work.id, work.projectId, work.actorId]);
  if (created.length === 0) await query(goOn, [work.id]);
  const found = await findImport(query, work.projectId, work.id);
  if (created.length > 0) await tell(query, work, "import.requested", found);
  const [row] = await query<{ digest: string }>("SELECT digest FROM imports WHERE id = $1", [work.id]);
  return { ...found, digest: row?.digest ?? "" };
}

interface Batch {
  /** How many rows come before it, and the digest over all up to its end. */
  after: number;
  digest: string;
  rows: CsvRow[];
}

async function importRows(
  begun: Progress,
  rows: AsyncIterable<CsvRow>,
  commit: (batch: Batch) => Promise<void>,
): Promise<void> {
  const until = performance.now() + timeLimit;
  let [count, digest] = [0, ""];
  let waiting: CsvRow[] = [];
  const flush = async () => {
    if (waiting.length > 0) await commit({ after: count - waiting.length, digest, rows: waiting });
    waiting = [];
  };
  for await (const row of rows) {
    if (count === rowLimit) throw new Problem("unprocessable", { detail: `an import may have ${rowLimit} rows` });
    count++;
    digest = createHash("sha256").update(digest).update(JSON.stringify(row.values)).digest("base64url");
    if (count === begun.rows && digest !== begun.digest) throw otherFile();
    if (count <= begun.rows) continue;
    waiting.push(row);
    if (waiting.length === batchSize) await flush();
    if (performance.now() > until)
      throw new Problem("unprocessable", { detail: "it takes too long: send it again to go on" });
  }
  if (count < begun.rows) throw otherFile();
  await flush();
}

function otherFile(): Problem {
  return new Problem("conflict", { detail: "this import was begun with another file" });
}

const lock = `SELECT row_count AS rows, jsonb_array_length(errors) AS told FROM imports WHERE id = $1 AND state = 'running' FOR UPDATE`;

const advance = `
  UPDATE imports SET row_count = row_count + $2, created_count = created_count + $3, error_count = error_count + $2 - $3,
    errors = errors || $4::jsonb, digest = $5, updated_at = now() WHERE id = $1`;

async function importBatch(query: Query, id: string, batch: Batch, create: CreateRows): Promise<void> {
  const [at] = await query<{ rows: number; told: number }>(lock, [id]);
  if (at?.rows !== batch.after) throw new Problem("conflict", { detail: "another request is at the same import" });
  const { created, errors } = await create(query, batch.rows);
  const told = JSON.stringify(errors.slice(0, Math.max(0, errorLimit - at.told)));
  await query(advance, [id, batch.rows.length, created, told, batch.digest]);
}

async function interrupt(query: Query, id: string, { message }: Problem): Promise<void> {
  await query(`UPDATE imports SET state = 'interrupted', failure = $2, updated_at = now() WHERE id = $1`, [
    id,
    message,
  ]);
}

const end = `UPDATE imports SET state = 'finished', updated_at = now() WHERE id = $1 AND state = 'running' RETURNING ${importColumns}`;

async function finish(query: Query, work: Import): Promise<ImportRow> {
  const [row] = await query<ImportRow>(end, [work.id]);
  if (!row) throw new Problem("conflict", { detail: "another request is at the same import" });
  await tell(query, work, "import.finished", row);
  return row;
}

async function tell(query: Query, work: Import, type: string, report: ImportRow): Promise<void> {
  const { organisationId, projectId, id, actorId } = work;
  await emit(query, { organisationId, type, entityId: id, projectId, actorId, payload: { ...report } });
}
