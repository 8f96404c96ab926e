import { readCursor, toPage, writeCursor } from "@purlin/kit/cursor";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { z } from "zod";
import { richText } from "../text.ts";

/** A comment as the API shows it. */
export const comment = z
  .strictObject({
    id: z.uuid(),
    taskId: z.uuid(),
    authorId: z.uuid(),
    body: z.string().describe("Sanitised HTML."),
    version: z.int(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: "Comment" });

/** A comment to make, and what one is changed to. */
export const commentInput = z
  .strictObject({ body: richText(10_000).refine((html) => html.trim() !== "", "is empty") })
  .meta({ id: "CommentInput" });

export type CommentInput = z.output<typeof commentInput>;

/** As the database gives it. */
export interface CommentRow {
  id: string;
  taskId: string;
  authorId: string;
  body: string;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export const commentColumns = `
  id, task_id AS "taskId", author_id AS "authorId", body, version, created_at AS "createdAt", updated_at AS "updatedAt"`;

const oneComment = `SELECT ${commentColumns} FROM comments WHERE task_id = $1 AND id = $2`;

/** @throws Problem not_found */
export async function findComment(query: Query, taskId: string, id: string): Promise<CommentRow> {
  const [row] = await query<CommentRow>(oneComment, [taskId, id]);
  if (!row) throw noComment();
  return row;
}

const listName = "comments";
const manyComments = `
  SELECT ${commentColumns} FROM comments
  WHERE organisation_id = access.current_organisation() AND task_id = $1 AND ($2::uuid IS NULL OR id > $2)
  ORDER BY id LIMIT $3`;

/** A page of a task's comments, oldest first. @throws Problem invalid_request for a wrong cursor */
export async function listComments(query: Query, taskId: string, page: { limit: number; cursor?: string | undefined }) {
  const [after] = page.cursor === undefined ? [null] : readCursor(listName, z.tuple([z.uuid()]), page.cursor);
  const rows = await query<CommentRow>(manyComments, [taskId, after, page.limit + 1]);
  return toPage(rows, page.limit, ({ id }) => writeCursor(listName, [id]));
}

export function noComment(): Problem {
  return new Problem("not_found", { detail: "there is no such comment" });
}
