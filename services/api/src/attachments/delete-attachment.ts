import { emit } from "@purlin/kit/outbox";
import type { Query } from "@purlin/kit/pool";
import { attachmentColumns, noAttachment, uploadKey, type AttachmentRow } from "./attachments.ts";

const gone = `DELETE FROM attachments WHERE task_id = $1 AND id = $2 RETURNING ${attachmentColumns}, object_key AS "objectKey"`;

/** Deletes an attachment and gives the keys whose objects are to follow. @throws Problem not_found */
export async function deleteAttachment(
  query: Query,
  caller: { organisationId: string; actorId: string | undefined },
  taskId: string,
  id: string,
): Promise<string[]> {
  const [row] = await query<AttachmentRow & { objectKey: string | null }>(gone, [taskId, id]);
  if (!row) throw noAttachment();
  const { objectKey, ...deleted } = row;
  const { organisationId, actorId } = caller;
  await emit(query, { organisationId, type: "attachment.deleted", entityId: id, actorId, payload: deleted });
  return objectKey === null ? [uploadKey(organisationId, id)] : [objectKey, uploadKey(organisationId, id)];
}
