import type { Database, ReadOptions } from "@purlin/kit/postgres";

/** A task as a line of the export; text as Postgres writes it. */
export interface TaskLine {
  id: string;
  number: number;
  project: string;
  title: string;
  description: string;
  status: string;
  priority: number;
  assigneeId: string | null;
  dueOn: string | null;
  estimate: string | null;
  completedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

const pageSize = 500;

const select = `
  SELECT t.id, t.number, p.key AS project, t.title, t.description, t.status, t.priority, t.assignee_id AS "assigneeId",
    t.due_on::text AS "dueOn", t.estimate::text AS estimate, t.completed_at AS "completedAt", t.created_at AS "createdAt",
    t.updated_at AS "updatedAt"
  FROM tasks t JOIN projects p ON p.organisation_id = t.organisation_id AND p.id = t.project_id
  WHERE ($1::uuid IS NULL OR t.project_id = $1) AND ($2::uuid IS NULL OR t.id > $2)
  ORDER BY t.id LIMIT ${pageSize}`;

/**
 * All tasks of the organisation, or of one project, a page at a time and each page in a transaction of its own: a client
 * that reads slowly holds no connection, and a replica that fails in between costs nothing. Every task that is there
 * from beginning to end is there exactly once.
 */
export async function* taskPages(
  db: Pick<Database, "read">,
  options: ReadOptions,
  projectId: string | undefined,
): AsyncGenerator<TaskLine[], undefined, undefined> {
  let last: string | undefined;
  for (;;) {
    const { value: page } = await db.read(
      (query) => query<TaskLine>(select, [projectId ?? null, last ?? null]),
      options,
    );
    yield page;
    last = page.at(-1)?.id;
    if (page.length < pageSize) return;
  }
}
