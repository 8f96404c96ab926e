import { readCursor, toPage, writeCursor } from "@purlin/kit/cursor";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { integerText } from "@purlin/kit/route-query";
import { day, moment } from "@purlin/kit/times";
import { z } from "zod";
import { task, taskColumns, taskStatus, type TaskRow } from "./tasks.ts";

/** Orders a list can come in; each ends with the id, so that no two tasks are in the same place. */
const orders = {
  created: { by: "t.id", cast: "uuid" },
  updated: { by: "t.updated_at", cast: "timestamptz" },
  due: { by: "coalesce(t.due_on, 'infinity')", cast: "date" },
  priority: { by: "t.priority", cast: "int" },
  relevance: { by: "ts_rank_cd(t.search, q.query)::float8", cast: "float8" },
} as const;

type Order = keyof typeof orders;

const sorts = [
  "created",
  "-created",
  "updated",
  "-updated",
  "due",
  "-due",
  "priority",
  "-priority",
  "relevance",
] as const;

const statuses = z
  .string()
  .max(200)
  .transform((text) => text.split(",").map((part) => part.trim()))
  .pipe(z.array(taskStatus).min(1).max(10));

/** What a list of tasks can be narrowed by. */
export const taskFilter = {
  status: statuses.optional().describe("One or more, separated by commas."),
  assigneeId: z
    .union([z.uuid(), z.literal("none")])
    .optional()
    .describe("A member, or `none`."),
  priority: integerText(0, 3).optional(),
  dueBefore: day().optional().describe("Due before this day."),
  dueAfter: day().optional().describe("Due after this day."),
  updatedSince: moment().optional().describe("Changed at this moment or later."),
  q: z
    .string()
    .min(1)
    .max(200)
    .refine((text) => !text.includes("\0") && text.isWellFormed(), "has characters that are not text")
    .optional()
    .describe('Words to search for, as in a web search: `"exact phrase" or -not`.'),
  sort: z.enum(sorts).optional().describe("Absent: newest first, or by relevance where something is searched for."),
};

export type TaskFilter = z.output<z.ZodObject<typeof taskFilter>> & { projectId?: string | undefined };

/** A task in a list; with what was searched for marked, where something was. */
export const listedTask = task
  .extend({ highlight: z.string().optional().describe("The title, HTML, with `<mark>` around what was found.") })
  .meta({ id: "ListedTask" });

export type ListedTask = TaskRow & { highlight?: string };

interface Row extends TaskRow {
  highlight: string | null;
  sortKey: string;
}

/** A page of tasks. @throws Problem invalid_request for a wrong cursor, or relevance to nothing */
export async function listTasks(
  query: Query,
  filter: TaskFilter,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ items: ListedTask[]; next: string | null; cursorAt: (index: number) => string | undefined }> {
  const { order, descending, name } = orderOf(filter);
  const { by, cast } = orders[order];
  const after =
    page.cursor === undefined ? undefined : readCursor(name, z.tuple([z.string().max(100), z.uuid()]), page.cursor);
  const values: unknown[] = [];
  const value = (given: unknown) => `$${values.push(given)}`;
  const conditions = conditionsOf(filter, value);
  if (after) {
    conditions.push(
      `(${by}, t.id) ${descending ? "<" : ">"} (${value(sortKeyIn(after[0], cast))}::${cast}, ${value(after[1])}::uuid)`,
    );
  }
  const direction = descending ? "DESC" : "ASC";
  const searched = filter.q !== undefined;
  const rows = await query<Row>(
    `SELECT ${taskColumns}, (${by})::text AS "sortKey",
       ${searched ? headline : "NULL"} AS highlight
     FROM tasks t ${searched ? `CROSS JOIN websearch_to_tsquery('english', ${value(filter.q)}) AS q (query)` : ""}
     WHERE ${conditions.join(" AND ")}
     ORDER BY ${by} ${direction}, t.id ${direction} LIMIT ${value(page.limit + 1)}`,
    values,
  );
  const cursorOf = ({ sortKey, id }: Row) => writeCursor(name, [sortKey, id]);
  const { items, next } = toPage(rows, page.limit, cursorOf);
  return {
    cursorAt: (index) => items[index] && cursorOf(items[index]),
    items: items.map(({ sortKey, highlight, ...row }) => ({ ...row, ...(highlight !== null && { highlight }) })),
    next,
  };
}

/** The title is plain text: it is escaped before the marks are put in. */
const headline = `
  ts_headline('english', replace(replace(replace(t.title, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), q.query,
    'StartSel=<mark>, StopSel=</mark>, HighlightAll=true')`;

function orderOf({ q, sort }: TaskFilter): { order: Order; descending: boolean; name: string } {
  const given = sort ?? (q === undefined ? "-created" : "relevance");
  if (given === "relevance" && q === undefined) {
    throw new Problem("invalid_request", {
      errors: [{ path: "query.sort", message: "relevance needs something to search for" }],
    });
  }
  const order = given.replace(/^-/, "") as Order; // `sorts` has no others
  return { order, descending: given.startsWith("-") || given === "relevance", name: `tasks:${given}` };
}

/** @throws Problem invalid_request for a cursor whose key is not of the order's type */
function sortKeyIn(key: string, cast: (typeof orders)[Order]["cast"]): string {
  const shapes = {
    uuid: /^[0-9a-f-]{36}$/,
    timestamptz: /^\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d)?$/,
    date: /^(infinity|\d{4}-\d\d-\d\d)$/,
    int: /^[0-3]$/,
    float8: /^\d{1,3}(\.\d{1,20})?(e-\d{1,3})?$/,
  };
  if (shapes[cast].test(key)) return key;
  throw new Problem("invalid_request", { errors: [{ path: "query.cursor", message: "is not a cursor of this list" }] });
}

function conditionsOf(filter: TaskFilter, value: (given: unknown) => string): string[] {
  const { projectId, status, assigneeId, priority, dueBefore, dueAfter, updatedSince, q } = filter;
  const all = ["t.organisation_id = access.current_organisation()"];
  if (projectId !== undefined) all.push(`t.project_id = ${value(projectId)}`);
  if (status !== undefined) all.push(`t.status = ANY (${value(status)}::text[])`);
  if (assigneeId === "none") all.push("t.assignee_id IS NULL");
  else if (assigneeId !== undefined) all.push(`t.assignee_id = ${value(assigneeId)}`);
  if (priority !== undefined) all.push(`t.priority = ${value(priority)}`);
  if (dueBefore !== undefined) all.push(`t.due_on < ${value(dueBefore)}::date`);
  if (dueAfter !== undefined) all.push(`t.due_on > ${value(dueAfter)}::date`);
  if (updatedSince !== undefined) all.push(`t.updated_at >= ${value(updatedSince)}::timestamptz`);
  if (q !== undefined) all.push("t.search @@ q.query");
  return all;
}
