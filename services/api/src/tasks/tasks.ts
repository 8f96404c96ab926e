import { changesSomething } from "@purlin/kit/changes";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { line } from "@purlin/kit/text";
import { day } from "@purlin/kit/times";
import { z } from "zod";
import { richText } from "../text.ts";

export const taskStatus = z.enum(["todo", "in_progress", "done", "cancelled"]);

const priority = z.int().min(0).max(3).describe("0 is the least, 3 the most.");

/** A task as the API shows it. */
export const task = z
  .strictObject({
    id: z.uuid(),
    projectId: z.uuid(),
    number: z.int().describe("Within its project: 12 in WEB-12."),
    title: z.string(),
    description: z.string().describe("Sanitised HTML."),
    status: taskStatus,
    priority,
    assigneeId: z.uuid().nullable(),
    dueOn: z.iso.date().nullable(),
    estimate: z.number().nullable(),
    completedAt: z.iso.datetime().nullable(),
    version: z.int(),
    createdBy: z.uuid(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: "Task" });

const fields = {
  title: line(300),
  description: richText(20_000),
  status: taskStatus,
  priority,
  assigneeId: z.uuid().nullable().describe("A member of the organisation."),
  dueOn: day().nullable(),
  estimate: z.number().min(0).max(9999).multipleOf(0.01).nullable().describe("In whatever unit the team plans in."),
};

export const newTask = z
  .strictObject({
    ...fields,
    description: fields.description.default(""),
    status: taskStatus.default("todo"),
    priority: priority.default(1),
    assigneeId: fields.assigneeId.default(null),
    dueOn: fields.dueOn.default(null),
    estimate: fields.estimate.default(null),
  })
  .meta({ id: "NewTask" });

export const taskChanges = z
  .strictObject(fields)
  .partial()
  .refine(changesSomething, "changes nothing")
  .meta({ id: "TaskChanges" });

export type NewTask = z.output<typeof newTask>;
export type TaskChanges = z.output<typeof taskChanges>;

/** As the database gives it. */
export interface TaskRow {
  id: string;
  projectId: string;
  number: number;
  title: string;
  description: string;
  status: z.output<typeof taskStatus>;
  priority: number;
  assigneeId: string | null;
  /** YYYY-MM-DD: a day has no time zone, a Date has. */
  dueOn: string | null;
  estimate: number | null;
  completedAt: Date | null;
  version: number;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
}

export const taskColumns = `
  t.id, t.project_id AS "projectId", t.number, t.title, t.description, t.status, t.priority, t.assignee_id AS "assigneeId",
  t.due_on::text AS "dueOn", t.estimate::float8 AS estimate, t.completed_at AS "completedAt", t.version,
  t.created_by AS "createdBy", t.created_at AS "createdAt", t.updated_at AS "updatedAt"`;

const oneTask = `
  SELECT ${taskColumns} FROM tasks t WHERE t.organisation_id = access.current_organisation() AND t.id = $1`;

/** @throws Problem not_found */
export async function findTask(query: Query, id: string): Promise<TaskRow> {
  const [row] = await query<TaskRow>(oneTask, [id]);
  if (!row) throw noTask();
  return row;
}

/** Several by their ids, in any order; those that are not there are left out. */
export function findTasks(query: Query, ids: readonly string[]): Promise<TaskRow[]> {
  return query(`SELECT ${taskColumns} FROM tasks t WHERE t.id = ANY ($1::uuid[])`, [ids]);
}

export function noTask(): Problem {
  return new Problem("not_found", { detail: "there is no such task" });
}
