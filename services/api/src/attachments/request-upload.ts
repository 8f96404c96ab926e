import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import type { Bucket, PresignedUpload } from "@purlin/kit/storage";
import {
  attachmentColumns,
  attachmentsPerTask,
  uploadKey,
  type AttachmentRow,
  type NewAttachment,
} from "./attachments.ts";

/** Seconds in which a client can begin its upload. */
const uploadTime = 15 * 60;

const insert = `
  INSERT INTO attachments (organisation_id, task_id, name, content_type, size, uploaded_by, upload_expires_at)
  SELECT organisation_id, id, $2, $3, $4, $5, now() + make_interval(secs => ${uploadTime})
  FROM tasks WHERE id = $1 AND (SELECT count(*) FROM attachments WHERE task_id = $1) < ${attachmentsPerTask}
  FOR KEY SHARE
  RETURNING ${attachmentColumns}`;

/**
 * Makes room for a file of a task: a pending attachment.
 * @throws Problem not_found for a task that is not there, unprocessable past the limits
 */
export async function requestUpload(
  query: Query,
  caller: { actorId: string; sizeLimit: number },
  taskId: string,
  file: NewAttachment,
): Promise<AttachmentRow> {
  if (file.size > caller.sizeLimit) {
    throw new Problem("unprocessable", { detail: `a file may have ${caller.sizeLimit} bytes` });
  }
  const [row] = await query<AttachmentRow>(insert, [taskId, file.name, file.contentType, file.size, caller.actorId]);
  if (row) return row;
  const tasks = await query("SELECT 1 FROM tasks WHERE id = $1", [taskId]);
  if (tasks.length === 0) throw new Problem("not_found", { detail: "there is no such task" });
  throw new Problem("unprocessable", { detail: `a task may have ${attachmentsPerTask} attachments` });
}

/** Where and how the client stores what it announced. */
export function presignUpload(
  bucket: Bucket,
  organisationId: string,
  { id, contentType, size }: AttachmentRow,
): Promise<PresignedUpload> {
  return bucket.presignPut(uploadKey(organisationId, id), { contentType, size, seconds: uploadTime });
}
