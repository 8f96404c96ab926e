import { emitAll } from "@purlin/kit/outbox";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import type { Caller } from "../caller.ts";
import { findProject } from "../projects/projects.ts";
import { taskColumns, type NewTask, type TaskRow } from "../tasks/tasks.ts";

const reserveNumbers = `
  UPDATE projects SET last_task_number = last_task_number + $2 WHERE id = $1 AND archived_at IS NULL
  RETURNING last_task_number - $2 AS last`;

const insertTasks = `
  INSERT INTO tasks AS t (organisation_id, project_id, number, title, description, status, priority, assignee_id, due_on,
    estimate, completed_at, created_by)
  SELECT $1, $2, $3::int + r.ordinality, r.title, r.description, r.status, r.priority, r."assigneeId", r."dueOn", r.estimate,
    CASE WHEN r.status = 'done' THEN now() END, $4
  FROM ROWS FROM (jsonb_to_recordset($5::jsonb) AS (title text, description text, status text, priority int,
    "assigneeId" uuid, "dueOn" date, estimate numeric)) WITH ORDINALITY AS r
  ORDER BY r.ordinality RETURNING ${taskColumns}`;

const insertActivity = `
  INSERT INTO activity (organisation_id, project_id, task_id, actor_id, type)
  SELECT $1, $2, id, $3, 'task.created' FROM unnest($4::uuid[]) WITH ORDINALITY AS t (id) ORDER BY t.ordinality`;

/**
 * What `createTask` does, for many at once: a statement for each step instead of one for each task, so that the project is
 * locked for a moment only. The assignees are members, which was checked.
 * @throws Problem not_found, conflict for an archived project
 */
export async function createTasks(
  query: Query,
  { organisationId, actorId }: Caller,
  projectId: string,
  tasks: readonly NewTask[],
): Promise<void> {
  if (tasks.length === 0) return;
  const [numbers] = await query<{ last: number }>(reserveNumbers, [projectId, tasks.length]);
  if (!numbers) {
    await findProject(query, projectId);
    throw new Problem("conflict", { detail: "the project is archived" });
  }
  const values = [organisationId, projectId, numbers.last, actorId, JSON.stringify(tasks)];
  const created = (await query<TaskRow>(insertTasks, values)).sort((a, b) => a.number - b.number);
  const scope = { organisationId, projectId, actorId, type: "task.created" };
  await emitAll(
    query,
    created.map((task) => ({ ...scope, entityId: task.id, payload: { ...task } })),
  );
  await query(insertActivity, [organisationId, projectId, actorId, created.map(({ id }) => id)]);
}
