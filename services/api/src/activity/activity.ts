import { readCursor, toPage, writeCursor } from "@purlin/kit/cursor";
import type { Query } from "@purlin/kit/pool";
import { z } from "zod";

/** One thing somebody did, as the API shows it. */
export const activityEntry = z
  .strictObject({
    id: z.uuid(),
    projectId: z.uuid(),
    taskId: z.uuid().nullable(),
    actorId: z.uuid().nullable(),
    type: z.string().describe("As of events: `task.updated`."),
    changes: z.record(z.string(), z.strictObject({ from: z.unknown(), to: z.unknown() })).describe("By field."),
    occurredAt: z.iso.datetime(),
  })
  .meta({ id: "Activity" });

/** As the database gives it. */
export interface ActivityRow {
  id: string;
  projectId: string;
  taskId: string | null;
  actorId: string | null;
  type: string;
  changes: Record<string, { from: unknown; to: unknown }>;
  occurredAt: Date;
}

export interface ActivityFilter {
  projectId?: string | undefined;
  taskId?: string | undefined;
}

export const activityColumns = `
  id, project_id AS "projectId", task_id AS "taskId", actor_id AS "actorId", type, changes, occurred_at AS "occurredAt"`;

const listName = "activity";
const select = `
  SELECT ${activityColumns} FROM activity
  WHERE organisation_id = access.current_organisation() AND ($1::uuid IS NULL OR project_id = $1)
    AND ($2::uuid IS NULL OR task_id = $2) AND ($3::uuid IS NULL OR id < $3)
  ORDER BY id DESC LIMIT $4`;

/** A page of what was done, latest first. @throws Problem invalid_request for a wrong cursor */
export async function listActivity(
  query: Query,
  { projectId, taskId }: ActivityFilter,
  page: { limit: number; cursor?: string | undefined },
) {
  const [before] = page.cursor === undefined ? [null] : readCursor(listName, z.tuple([z.uuid()]), page.cursor);
  const rows = await query<ActivityRow>(select, [projectId ?? null, taskId ?? null, before, page.limit + 1]);
  return toPage(rows, page.limit, ({ id }) => writeCursor(listName, [id]));
}
