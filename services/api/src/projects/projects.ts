import { changesSomething } from "@purlin/kit/changes";
import { writeCursor, readCursor, toPage } from "@purlin/kit/cursor";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { line } from "@purlin/kit/text";
import { z } from "zod";
import { richText } from "../text.ts";

/** A project as the API shows it. */
export const project = z
  .strictObject({
    id: z.uuid(),
    key: z.string().describe("Short, for people: WEB in WEB-12."),
    name: z.string(),
    description: z.string().describe("Sanitised HTML."),
    archivedAt: z.iso.datetime().nullable(),
    version: z.int(),
    createdBy: z.uuid(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: "Project" });

const fields = {
  key: z.string().regex(/^[A-Z][A-Z0-9]{1,9}$/, "must be 2 to 10 capital letters and digits, a letter first"),
  name: line(200),
  description: richText(10_000),
};

export const newProject = z
  .strictObject({ ...fields, description: fields.description.default("") })
  .meta({ id: "NewProject" });

export const projectChanges = z
  .strictObject({ ...fields, archived: z.boolean() })
  .partial()
  .refine(changesSomething, "changes nothing")
  .meta({ id: "ProjectChanges" });

export type NewProject = z.output<typeof newProject>;
export type ProjectChanges = z.output<typeof projectChanges>;

/** As the database gives it. */
export interface ProjectRow {
  id: string;
  key: string;
  name: string;
  description: string;
  archivedAt: Date | null;
  version: number;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
}

export const projectColumns = `
  id, key, name, description, archived_at AS "archivedAt", version, created_by AS "createdBy", created_at AS "createdAt",
  updated_at AS "updatedAt"`;

const oneProject = `SELECT ${projectColumns} FROM projects WHERE organisation_id = access.current_organisation() AND id = $1`;

/** @throws Problem not_found */
export async function findProject(query: Query, id: string): Promise<ProjectRow> {
  const [row] = await query<ProjectRow>(oneProject, [id]);
  if (!row) throw noProject();
  return row;
}

/** Several by their ids, in any order; those that are not there are left out. */
export function findProjects(query: Query, ids: readonly string[]): Promise<ProjectRow[]> {
  return query(`SELECT ${projectColumns} FROM projects WHERE id = ANY ($1::uuid[])`, [ids]);
}

export interface ProjectFilter {
  archived: boolean;
}

const listName = "projects";
const manyProjects = `
  SELECT ${projectColumns} FROM projects
  WHERE organisation_id = access.current_organisation() AND (archived_at IS NOT NULL) = $1 AND ($2::uuid IS NULL OR id < $2)
  ORDER BY id DESC LIMIT $3`;

/** A page of projects, newest first. @throws Problem invalid_request for a wrong cursor */
export async function listProjects(
  query: Query,
  { archived }: ProjectFilter,
  page: { limit: number; cursor?: string | undefined },
) {
  const [before] = page.cursor === undefined ? [null] : readCursor(listName, z.tuple([z.uuid()]), page.cursor);
  const rows = await query<ProjectRow>(manyProjects, [archived, before, page.limit + 1]);
  return toPage(rows, page.limit, ({ id }) => writeCursor(listName, [id]));
}

export function noProject(): Problem {
  return new Problem("not_found", { detail: "there is no such project" });
}
