import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import type { Caller } from "../caller.ts";
import { differences, recordChange } from "../record-change.ts";
import { noProject, projectColumns, type NewProject, type ProjectChanges, type ProjectRow } from "./projects.ts";

const insert = `
  INSERT INTO projects (organisation_id, key, name, description, created_by) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (organisation_id, key) DO NOTHING RETURNING ${projectColumns}`;

/** @throws Problem conflict for a key that is taken */
export async function createProject(
  query: Query,
  caller: Caller,
  { key, name, description }: NewProject,
): Promise<ProjectRow> {
  const [created] = await query<ProjectRow>(insert, [caller.organisationId, key, name, description, caller.actorId]);
  if (!created) throw keyTaken(key);
  await recordChange(query, caller, {
    type: "project.created",
    entityId: created.id,
    projectId: created.id,
    entity: created,
  });
  return created;
}

const lock = `SELECT ${projectColumns} FROM projects WHERE id = $1 FOR UPDATE`;
const sameKey = "SELECT FROM projects WHERE key = $1 AND id <> $2";
const update = `
  UPDATE projects SET key = $2, name = $3, description = $4,
    archived_at = CASE WHEN $5 THEN coalesce(archived_at, now()) END, version = version + 1, updated_at = now()
  WHERE id = $1 RETURNING ${projectColumns}`;

/**
 * Changes a project whose version `expect` agrees with.
 * @throws Problem not_found, conflict for a key that is taken; what `expect` throws
 */
export async function updateProject(
  query: Query,
  caller: Caller,
  id: string,
  expect: (version: number) => void,
  changes: ProjectChanges,
): Promise<ProjectRow> {
  const before = await demand(query, id, expect);
  if (changes.key !== undefined && (await query(sameKey, [changes.key, id])).length > 0) throw keyTaken(changes.key);
  const { archived = before.archivedAt !== null, ...fields } = changes;
  const { key, name, description } = { ...before, ...fields };
  const [after] = await query<ProjectRow>(update, [id, key, name, description, archived]);
  if (!after) throw noProject();
  const changed = differences(before, after, ["key", "name", "description", "archivedAt"]);
  const type = before.archivedAt === null && after.archivedAt !== null ? "project.archived" : "project.updated";
  await recordChange(query, caller, { type, entityId: id, projectId: id, entity: after, changes: changed });
  return after;
}

/** Deletes a project with all that is in it. @throws Problem not_found; what `expect` throws */
export async function deleteProject(
  query: Query,
  caller: Caller,
  id: string,
  expect: (version: number) => void,
): Promise<void> {
  const before = await demand(query, id, expect);
  await query("DELETE FROM projects WHERE id = $1", [id]);
  const change = { type: "project.deleted", entityId: id, projectId: id, entity: before };
  await recordChange(query, caller, { ...change, inActivity: false });
}

async function demand(query: Query, id: string, expect: (version: number) => void): Promise<ProjectRow> {
  const [before] = await query<ProjectRow>(lock, [id]);
  if (!before) throw noProject();
  expect(before.version);
  return before;
}

function keyTaken(key: string): Problem {
  return new Problem("conflict", { detail: `another project has the key ${key}` });
}
