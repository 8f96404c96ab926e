import { Problem, type FieldProblem } from "@purlin/kit/problems";
import type { Caller } from "../caller.ts";
import { createTask } from "../tasks/change-tasks.ts";
import { newTask } from "../tasks/tasks.ts";
import type { CsvColumns } from "./csv-rows.ts";
import type { CreateRow } from "./run-import.ts";

const numeric = ["priority", "estimate"];
const taskColumns = ["description", "status", "assigneeId", "dueOn", ...numeric];

/** Columns of an export that are given and not taken are passed over, so that what was exported can be imported. */
const passedOver = ["id", "number", "project", "completedAt", "createdAt", "updatedAt"];

export const importColumns: CsvColumns = { required: ["title"], optional: [...taskColumns, ...passedOver] };

/** Makes each row a task of `projectId`, by the rules every new task is checked by. An empty field counts as absent. */
export function taskRows(caller: Caller, projectId: string): CreateRow {
  return async (query, values) => {
    const given = ["title", ...taskColumns].flatMap((name) => {
      const text = values[name] ?? "";
      return text === "" && name !== "title" ? [] : [[name, numeric.includes(name) ? numberIn(text) : text] as const];
    });
    const task = newTask.safeParse(Object.fromEntries(given));
    if (!task.success) return task.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
    try {
      await createTask(query, caller, projectId, task.data);
      return [];
    } catch (error) {
      // nothing was written yet when the input is found to be wrong; anything else ends the batch
      if (error instanceof Problem && error.code === "invalid_request") return columnsOf(error);
      throw error;
    }
  };
}

/** What is no number stays text, and is refused as such. */
function numberIn(text: string): number | string {
  return /^-?\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : text;
}

function columnsOf({ options: { errors = [] }, message }: Problem): FieldProblem[] {
  if (errors.length === 0) return [{ path: "", message }];
  return errors.map(({ path, message }) => ({ path: path.replace(/^body\./, ""), message }));
}
