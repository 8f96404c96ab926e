import { route } from "@purlin/kit/route";
import { callerOf } from "../../caller.ts";
import { writeIn } from "../../place.ts";
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
    handle: async ({ params: { taskId, attachmentId }, identity, ...place }) => {
      const caller = callerOf(identity, place.organisationId);
      const keys = await writeIn(services, place, (query) => remove(query, caller, taskId, attachmentId));
      await removeObjects(services, keys);
      return { status: 204 };
    },
  });
}
