import { acknowledge } from "@purlin/kit/consistency";
import { route } from "@purlin/kit/route";
import { callerOf } from "../../caller.ts";
import type { Services } from "../../services.ts";
import { deleteAttachment as remove } from "../delete-attachment.ts";
import { removeObjects } from "../remove-objects.ts";
import { attachmentPath, tag } from "./paths.ts";

/** DELETE …/attachments/:attachmentId: the row, then the object. */
export function deleteAttachment(services: Services) {
  return route({
    method: "delete",
    path: "/organisations/:organisationId/tasks/:taskId/attachments/:attachmentId",
    operationId: "deleteAttachment",
    summary: "Delete an attachment",
    tag,
    access: "attachment:write",
    params: attachmentPath,
    responses: { 204: { description: "It is gone." } },
    handle: async ({ params: { taskId, attachmentId }, identity, organisationId, response }) => {
      const caller = callerOf(identity, organisationId);
      const { value: keys, lsn } = await services.db.write((query) => remove(query, caller, taskId, attachmentId), {
        organisation: organisationId,
      });
      await removeObjects(services, keys);
      acknowledge(response, lsn);
      return { status: 204 };
    },
  });
}
