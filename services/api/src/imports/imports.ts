import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { z } from "zod";

/** One row that was not imported, and why. */
const rowError = z.strictObject({
  line: z.int().describe("In the file; the header is line 1."),
  path: z.string().describe("The column."),
  message: z.string(),
});

export type RowError = z.output<typeof rowError>;

/** How far an import has come, as the API shows it. */
export const importReport = z
  .strictObject({
    id: z.uuid(),
    projectId: z.uuid(),
    state: z.enum(["running", "interrupted", "finished"]).describe("`interrupted`: send the file again to go on."),
    rows: z.int().describe("Rows done, good or bad."),
    created: z.int().describe("Tasks created."),
    failed: z.int().describe("Rows that were not imported."),
    errors: z.array(rowError).describe("Why not: the first 100."),
    failure: z.string().nullable().describe("What interrupted it."),
    requestedBy: z.uuid(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: "Import" });

/** As the database gives it. */
export interface ImportRow {
  id: string;
  projectId: string;
  state: "running" | "interrupted" | "finished";
  rows: number;
  created: number;
  failed: number;
  errors: RowError[];
  failure: string | null;
  requestedBy: string;
  createdAt: Date;
  updatedAt: Date;
}

export const importColumns = `
  id, project_id AS "projectId", state, row_count AS rows, created_count AS created, error_count AS failed, errors, failure,
  requested_by AS "requestedBy", created_at AS "createdAt", updated_at AS "updatedAt"`;

/** @throws Problem not_found */
export async function findImport(query: Query, projectId: string, id: string): Promise<ImportRow> {
  const select = `SELECT ${importColumns} FROM imports WHERE project_id = $1 AND id = $2`;
  const [row] = await query<ImportRow>(select, [projectId, id]);
  if (!row) throw new Problem("not_found", { detail: "there is no such import" });
  return row;
}
