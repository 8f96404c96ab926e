import { objectTypeNames } from "@purlin/kit/object-types";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { z } from "zod";
import { cleanFileName } from "./file-names.ts";

/** What a client says about a file before it uploads it. */
export const newAttachment = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(500)
      .transform(cleanFileName)
      .describe("Shown to people, and the name it is downloaded as."),
    contentType: z.enum(objectTypeNames).describe("What the content must turn out to be."),
    size: z.int().min(0).max(Number.MAX_SAFE_INTEGER).describe("Bytes, exactly."),
  })
  .meta({ id: "NewAttachment" });

export type NewAttachment = z.output<typeof newAttachment>;

const attachmentState = z.enum(["pending", "checked", "rejected"]);

/** An attachment as the API shows it. */
export const attachment = z
  .strictObject({
    id: z.uuid(),
    taskId: z.uuid(),
    name: z.string(),
    contentType: z.string(),
    size: z.int(),
    sha256: z.string().nullable().describe("Hexadecimal, of what was checked."),
    state: attachmentState.describe("`pending` until the content was checked; only `checked` can be downloaded."),
    reason: z.enum(["size", "type"]).nullable().describe("What was not as announced, of a rejected one."),
    uploadedBy: z.uuid(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "Attachment" });

/** As the database gives it. */
export interface AttachmentRow {
  id: string;
  taskId: string;
  name: string;
  contentType: string;
  size: number;
  sha256: string | null;
  state: z.output<typeof attachmentState>;
  reason: "size" | "type" | null;
  uploadedBy: string;
  createdAt: Date;
}

/** Sizes are far below 2^53; as a float8 the driver gives a number and not a string. */
export const attachmentColumns = `
  id, task_id AS "taskId", name, content_type AS "contentType", size::float8 AS size, sha256, state, reason,
  uploaded_by AS "uploadedBy", created_at AS "createdAt"`;

const select = `SELECT ${attachmentColumns}, object_key AS "objectKey" FROM attachments WHERE task_id = $1 AND id = $2`;

/** One attachment, with the key of its object. @throws Problem not_found */
export async function findAttachment(
  query: Query,
  taskId: string,
  id: string,
): Promise<{ attachment: AttachmentRow; objectKey: string | null }> {
  const [row] = await query<AttachmentRow & { objectKey: string | null }>(select, [taskId, id]);
  if (!row) throw noAttachment();
  const { objectKey, ...found } = row;
  return { attachment: found, objectKey };
}

/** Those of some tasks, in the order they were made; a task has at most `attachmentsPerTask`. */
export async function listAttachments(query: Query, taskIds: readonly string[]): Promise<AttachmentRow[]> {
  return query(`SELECT ${attachmentColumns} FROM attachments WHERE task_id = ANY($1::uuid[]) ORDER BY id`, [taskIds]);
}

export const attachmentsPerTask = 100;

/** Where a client stores an attachment's content. Nothing a client sends is part of a key. */
export function uploadKey(organisationId: string, id: string): string {
  return `uploads/${organisationId}/${id}`;
}

export function noAttachment(): Problem {
  return new Problem("not_found", { detail: "there is no such attachment" });
}
