import type { Query } from "@purlin/kit/pool";
import type { Caller } from "../caller.ts";
import { newTask, type NewTask } from "../tasks/tasks.ts";
import { createTasks } from "./create-tasks.ts";
import type { CsvColumns, CsvRow } from "./csv-rows.ts";
import type { RowError } from "./imports.ts";
import type { CreateRows } from "./run-import.ts";

const numeric = ["priority", "estimate"];
const taskFields = ["description", "status", "assigneeId", "dueOn", ...numeric];

/** Columns of an export that are given and not taken are passed over, so that what was exported can be imported. */
const passedOver = ["id", "number", "project", "completedAt", "createdAt", "updatedAt"];

export const importedColumns: CsvColumns = { required: ["title"], optional: [...taskFields, ...passedOver] };

/** Makes rows tasks of `projectId`, by the rules every new task is checked by. An empty field counts as absent. */
export function taskRows(caller: Caller, projectId: string): CreateRows {
  return async (query, rows) => {
    const parsed = rows.map((row) => ({ line: row.line, ...parse(row) }));
    const members = await membersAmong(query, parsed);
    const good: NewTask[] = [];
    const errors: RowError[] = [];
    for (const { line, task, wrong } of parsed) {
      if (wrong) errors.push(...wrong);
      else if (task.assigneeId !== null && !members.has(task.assigneeId)) {
        errors.push({ line, path: "assigneeId", message: "is not a member" });
      } else good.push(task);
    }
    await createTasks(query, caller, projectId, good);
    return { created: good.length, errors };
  };
}

function parse({ line, values }: CsvRow): { task: NewTask; wrong?: never } | { task?: never; wrong: RowError[] } {
  const given = ["title", ...taskFields].flatMap((name) => {
    const text = values[name] ?? "";
    return text === "" && name !== "title" ? [] : [[name, numeric.includes(name) ? numberIn(text) : text] as const];
  });
  const result = newTask.safeParse(Object.fromEntries(given));
  if (result.success) return { task: result.data };
  return { wrong: result.error.issues.map(({ path, message }) => ({ line, path: path.join("."), message })) };
}

/** What is no number stays text, and is refused as such. */
function numberIn(text: string): number | string {
  return /^-?\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : text;
}

async function membersAmong(query: Query, rows: readonly { task?: NewTask }[]): Promise<ReadonlySet<string>> {
  const asked = new Set(rows.flatMap(({ task }) => task?.assigneeId ?? []));
  if (asked.size === 0) return asked;
  const found = await query<{ id: string }>(
    "SELECT subject_id AS id FROM access.members WHERE subject_id = ANY ($1::uuid[])",
    [[...asked]],
  );
  return new Set(found.map(({ id }) => id));
}
