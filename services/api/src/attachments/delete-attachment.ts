import type { Query } from "@purlin/kit/pool";
import type { Caller } from "../caller.ts";
import { recordChange } from "../record-change.ts";
import { findTask } from "../tasks/tasks.ts";
import { attachmentColumns, noAttachment, uploadKey, type AttachmentRow } from "./attachments.ts";

const gone = `DELETE FROM attachments WHERE task_id = $1 AND id = $2 RETURNING ${attachmentColumns}, object_key AS "objectKey"`;

/** Deletes an attachment and gives the keys whose objects are to follow. @throws Problem not_found */
export async function deleteAttachment(
  query: Query,
  caller: Pick<Caller, "organisationId" | "actorId">,
  taskId: string,
  id: string,
): Promise<string[]> {
  const [row] = await query<AttachmentRow & { objectKey: string | null }>(gone, [taskId, id]);
  if (!row) throw noAttachment();
  const { objectKey, ...deleted } = row;
  const { projectId } = await findTask(query, taskId);
  const inActivity = deleted.state !== "pending"; // nobody has heard of one that was never there
  const change = { type: "attachment.deleted", entityId: id, projectId, taskId, entity: deleted };
  await recordChange(query, caller, { ...change, inActivity });
  const upload = uploadKey(caller.organisationId, id);
  return objectKey === null ? [upload] : [objectKey, upload];
}
