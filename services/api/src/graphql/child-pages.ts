import { readCursor, writeCursor } from "@purlin/kit/cursor";
import type { Query } from "@purlin/kit/pool";
import { z } from "zod";
import { activityColumns, type ActivityRow } from "../activity/activity.ts";
import { commentColumns, type CommentRow } from "../comments/comments.ts";
import { taskColumns, type TaskRow } from "../tasks/tasks.ts";

/** One page of what belongs to one parent, and the cursor of each item. */
export interface Page<T> {
  items: T[];
  hasNext: boolean;
  cursorAt: (index: number) => string | undefined;
}

export interface PageRequest {
  first: number;
  after: string | undefined;
}

/** How the children of a parent are listed: as REST lists them, so that the cursors are the same. */
interface ChildList {
  columns: string;
  table: string;
  alias: string;
  parent: string;
  newestFirst: boolean;
  /** Name of REST's list, and the key in its cursors. */
  cursor: { name: string; key: z.ZodType<string[]>; of: (id: string) => string[] };
}

const byId = (name: string) => ({ name, key: z.tuple([z.uuid()]), of: (id: string) => [id] });
const newestTasks = { name: "tasks:-created", key: z.tuple([z.uuid(), z.uuid()]), of: (id: string) => [id, id] };

const lists = {
  projectTasks: { columns: taskColumns, table: "tasks", parent: "project_id", newestFirst: true, cursor: newestTasks },
  taskComments: {
    columns: commentColumns,
    table: "comments",
    parent: "task_id",
    newestFirst: false,
    cursor: byId("comments"),
  },
  projectActivity: {
    columns: activityColumns,
    table: "activity",
    parent: "project_id",
    newestFirst: true,
    cursor: byId("activity"),
  },
  taskActivity: {
    columns: activityColumns,
    table: "activity",
    parent: "task_id",
    newestFirst: true,
    cursor: byId("activity"),
  },
} satisfies Record<string, Omit<ChildList, "alias">>;

interface Rows {
  projectTasks: TaskRow;
  taskComments: CommentRow;
  projectActivity: ActivityRow;
  taskActivity: ActivityRow;
}

export type ChildListName = keyof typeof lists;

export type Child<N extends ChildListName> = Rows[N];

/**
 * A page of children for each of `parents`, in their order, in one statement.
 * @throws Problem invalid_request for a wrong cursor
 */
export async function readChildPages<N extends ChildListName>(
  query: Query,
  name: N,
  parents: readonly string[],
  { first, after }: PageRequest,
): Promise<Page<Child<N>>[]> {
  const { columns, table, parent, newestFirst, cursor } = lists[name];
  const from = after === undefined ? null : (readCursor(cursor.name, cursor.key, after).at(-1) ?? null);
  const [comparison, direction] = newestFirst ? ["<", "DESC"] : [">", "ASC"];
  const rows = await query<Child<N> & { parentId: string }>(
    `SELECT p.id AS "parentId", c.* FROM unnest($1::uuid[]) AS p (id) CROSS JOIN LATERAL (
       SELECT ${columns} FROM ${table} t
       WHERE t.organisation_id = access.current_organisation() AND t.${parent} = p.id AND ($2::uuid IS NULL OR t.id ${comparison} $2)
       ORDER BY t.id ${direction} LIMIT $3) c`,
    [parents, from, first + 1],
  );
  const byParent = Map.groupBy(rows, ({ parentId }) => parentId);
  return parents.map((id) => {
    const found = byParent.get(id) ?? [];
    const items = found.slice(0, first);
    const cursorAt = (index: number) => items[index] && writeCursor(cursor.name, cursor.of(items[index].id));
    return { items, hasNext: found.length > first, cursorAt };
  });
}
