import { randomUUID } from "node:crypto";
import type { Lsn } from "@purlin/kit/lsn";
import { checkObject, type CheckResult } from "@purlin/kit/object-check";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import type { Caller } from "../caller.ts";
import { commitIn } from "../place.ts";
import { recordChange } from "../record-change.ts";
import type { Services } from "../services.ts";
import { findTask } from "../tasks/tasks.ts";
import { attachmentColumns, findAttachment, uploadKey, type AttachmentRow } from "./attachments.ts";
import { removeObjects } from "./remove-objects.ts";

/** Which attachment, and in whose name. */
export interface Upload {
  caller: Pick<Caller, "organisationId" | "actorId">;
  taskId: string;
  id: string;
}

type Storage = Pick<Services, "db" | "cache" | "attachments" | "logger">;

/**
 * Checks what was uploaded and decides: checked, or rejected and removed. Once decided it stays so, and asking again
 * gives the same answer. Several may check at once: each works on a key of its own, and the last to begin decides.
 * Undefined: nothing was uploaded yet.
 * @throws Problem not_found; conflict when another check overtook this one; unavailable
 */
export async function settleUpload(
  storage: Storage,
  upload: Upload,
): Promise<{ value: AttachmentRow; lsn: Lsn } | undefined> {
  const { id } = upload;
  const { organisationId } = upload.caller;
  const key = `organisations/${organisationId}/tasks/${upload.taskId}/${randomUUID()}`;
  const claimed = await storage.db.write((query) => claim(query, upload, key), { organisation: organisationId }); // shows nowhere yet
  if (claimed.value.state !== "pending") return claimed;

  const result = await checkObject(storage.attachments, uploadKey(organisationId, id), key, claimed.value);
  if (result.state === "missing") return undefined;

  const decided = await commitIn(storage, organisationId, (query) => decide(query, upload, key, result));
  await removeObjects(storage, [uploadKey(organisationId, id)]);
  return decided;
}

const claimKey = `
  UPDATE attachments SET object_key = $3 WHERE task_id = $1 AND id = $2 AND state = 'pending' RETURNING ${attachmentColumns}`;

/** Notes the key before anything is stored there: whatever happens next, the object can be found. */
async function claim(query: Query, { taskId, id }: Upload, key: string): Promise<AttachmentRow> {
  const [row] = await query<AttachmentRow>(claimKey, [taskId, id, key]);
  return row ?? (await findAttachment(query, taskId, id)).attachment;
}

const setState = `
  UPDATE attachments SET state = $4, sha256 = $5, reason = $6
  WHERE task_id = $1 AND id = $2 AND object_key = $3 AND state = 'pending' RETURNING ${attachmentColumns}`;

async function decide(
  query: Query,
  upload: Upload,
  key: string,
  result: Exclude<CheckResult, { state: "missing" }>,
): Promise<AttachmentRow> {
  const { caller, taskId, id } = upload;
  const sha256 = result.state === "checked" ? result.sha256 : null;
  const reason = result.state === "rejected" ? result.reason : null;
  const [row] = await query<AttachmentRow>(setState, [taskId, id, key, result.state, sha256, reason]);
  if (!row) throw new Problem("conflict", { detail: "it was deleted, or another check of it began" });
  const { projectId } = await findTask(query, taskId);
  const change = { entityId: id, projectId, taskId, entity: row };
  await recordChange(query, caller, { ...change, type: "attachment.uploaded", inActivity: false });
  await recordChange(query, caller, { ...change, type: `attachment.${row.state}` });
  return row;
}
