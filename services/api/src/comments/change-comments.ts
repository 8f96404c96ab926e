import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import type { Caller } from "../caller.ts";
import { recordChange } from "../record-change.ts";
import { findTask } from "../tasks/tasks.ts";
import { commentColumns, noComment, type CommentInput, type CommentRow } from "./comments.ts";

const insert = `
  INSERT INTO comments (organisation_id, task_id, author_id, body) VALUES ($1, $2, $3, $4) RETURNING ${commentColumns}`;

/** @throws Problem not_found for a task that is not there */
export async function createComment(
  query: Query,
  caller: Caller,
  taskId: string,
  { body }: CommentInput,
): Promise<CommentRow> {
  const { projectId } = await findTask(query, taskId);
  const [created] = await query<CommentRow>(insert, [caller.organisationId, taskId, caller.actorId, body]);
  if (!created) throw noComment();
  await recordChange(query, caller, {
    type: "comment.created",
    entityId: created.id,
    projectId,
    taskId,
    entity: created,
  });
  return created;
}

const update = `
  UPDATE comments SET body = $2, version = version + 1, updated_at = now() WHERE id = $1 RETURNING ${commentColumns}`;

/** Only its author changes a comment. @throws Problem not_found, forbidden; what `expect` throws */
export async function updateComment(
  query: Query,
  caller: Caller,
  { taskId, id }: { taskId: string; id: string },
  expect: (version: number) => void,
  { body }: CommentInput,
): Promise<CommentRow> {
  const { projectId } = await findTask(query, taskId);
  const before = await demand(query, taskId, id);
  if (before.authorId !== caller.actorId)
    throw new Problem("forbidden", { detail: "only its author changes a comment" });
  expect(before.version);
  const [after] = await query<CommentRow>(update, [id, body]);
  if (!after) throw noComment();
  await recordChange(query, caller, { type: "comment.updated", entityId: id, projectId, taskId, entity: after });
  return after;
}

/** Its author deletes a comment, or who manages projects. @throws Problem not_found, forbidden; what `expect` throws */
export async function deleteComment(
  query: Query,
  caller: Caller,
  { taskId, id }: { taskId: string; id: string },
  expect: (version: number) => void,
): Promise<void> {
  const { projectId } = await findTask(query, taskId);
  const before = await demand(query, taskId, id);
  if (before.authorId !== caller.actorId && !caller.may("project:write")) {
    throw new Problem("forbidden", { detail: "only its author, or who manages projects, deletes a comment" });
  }
  expect(before.version);
  await query("DELETE FROM comments WHERE id = $1", [id]);
  await recordChange(query, caller, { type: "comment.deleted", entityId: id, projectId, taskId, entity: before });
}

const lock = `SELECT ${commentColumns} FROM comments WHERE task_id = $1 AND id = $2 FOR UPDATE`;

async function demand(query: Query, taskId: string, id: string): Promise<CommentRow> {
  const [before] = await query<CommentRow>(lock, [taskId, id]);
  if (!before) throw noComment();
  return before;
}
