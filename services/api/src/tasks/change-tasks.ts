import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import type { Caller } from "../caller.ts";
import { noProject } from "../projects/projects.ts";
import { differences, recordChange } from "../record-change.ts";
import { noTask, taskColumns, type NewTask, type TaskChanges, type TaskRow } from "./tasks.ts";

/** The row of the project is locked until commit, so that numbers are given in order and none twice. */
const nextNumber = `
  UPDATE projects SET last_task_number = last_task_number + 1 WHERE id = $1 AND archived_at IS NULL
  RETURNING last_task_number AS number`;

const insert = `
  INSERT INTO tasks AS t (organisation_id, project_id, number, title, description, status, priority, assignee_id, due_on,
    estimate, completed_at, created_by)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, CASE WHEN $6 = 'done' THEN now() END, $11)
  RETURNING ${taskColumns}`;

/** @throws Problem not_found, conflict for an archived project, invalid_request for an assignee who is no member */
export async function createTask(query: Query, caller: Caller, projectId: string, input: NewTask): Promise<TaskRow> {
  if (input.assigneeId !== null) await demandMember(query, input.assigneeId);
  const [project] = await query<{ number: number }>(nextNumber, [projectId]);
  if (!project) throw await whyNoNumber(query, projectId);
  const { title, description, status, priority, assigneeId, dueOn, estimate } = input;
  const values = [title, description, status, priority, assigneeId, dueOn, estimate];
  const [created] = await query<TaskRow>(insert, [
    caller.organisationId,
    projectId,
    project.number,
    ...values,
    caller.actorId,
  ]);
  if (!created) throw noProject();
  const { id } = created;
  await recordChange(query, caller, { type: "task.created", entityId: id, projectId, taskId: id, entity: created });
  return created;
}

const lock = `SELECT ${taskColumns} FROM tasks t WHERE t.id = $1 FOR UPDATE`;
const update = `
  UPDATE tasks t SET title = $2, description = $3, status = $4, priority = $5, assignee_id = $6, due_on = $7, estimate = $8,
    completed_at = CASE WHEN $4 = 'done' THEN coalesce(t.completed_at, now()) END, version = t.version + 1, updated_at = now()
  WHERE t.id = $1 RETURNING ${taskColumns}`;

/**
 * Changes a task whose version `expect` agrees with.
 * @throws Problem not_found, invalid_request for an assignee who is no member; what `expect` throws
 */
export async function updateTask(
  query: Query,
  caller: Caller,
  id: string,
  expect: (version: number) => void,
  changes: TaskChanges,
): Promise<TaskRow> {
  const [before] = await query<TaskRow>(lock, [id]);
  if (!before) throw noTask();
  expect(before.version);
  if (changes.assigneeId) await demandMember(query, changes.assigneeId);
  const { title, description, status, priority, assigneeId, dueOn, estimate } = { ...before, ...changes };
  const values = [id, title, description, status, priority, assigneeId, dueOn, estimate];
  const [after] = await query<TaskRow>(update, values);
  if (!after) throw noTask();
  await recordChange(query, caller, {
    type: "task.updated",
    entityId: id,
    projectId: after.projectId,
    taskId: id,
    entity: after,
    changes: differences(before, after, changeable),
  });
  return after;
}

const changeable = ["title", "description", "status", "priority", "assigneeId", "dueOn", "estimate"] as const;

/** Deletes a task with its comments and attachments. @throws Problem not_found; what `expect` throws */
export async function deleteTask(
  query: Query,
  caller: Caller,
  id: string,
  expect: (version: number) => void,
): Promise<void> {
  const [before] = await query<TaskRow>(lock, [id]);
  if (!before) throw noTask();
  expect(before.version);
  await query("DELETE FROM tasks WHERE id = $1", [id]);
  const { projectId } = before;
  await recordChange(query, caller, { type: "task.deleted", entityId: id, projectId, taskId: id, entity: before });
}

async function demandMember(query: Query, subjectId: string): Promise<void> {
  const members = await query("SELECT FROM access.members WHERE subject_id = $1", [subjectId]);
  if (members.length > 0) return;
  throw new Problem("invalid_request", { errors: [{ path: "body.assigneeId", message: "is not a member" }] });
}

async function whyNoNumber(query: Query, projectId: string): Promise<Problem> {
  const found = await query("SELECT FROM projects WHERE id = $1", [projectId]);
  return found.length === 0 ? noProject() : new Problem("conflict", { detail: "the project is archived" });
}
