import { seenBy } from "@purlin/kit/consistency";
import { route } from "@purlin/kit/route";
import type { Services } from "../../services.ts";
import { attachment, findAttachment } from "../attachments.ts";
import { attachmentPath, tag } from "./paths.ts";

/** GET …/attachments/:attachmentId: what is known of it; its content is at `content`. */
export function getAttachment({ db }: Services) {
  return route({
    method: "get",
    path: "/organisations/:organisationId/tasks/:taskId/attachments/:attachmentId",
    operationId: "getAttachment",
    summary: "Get what is known of an attachment",
    tag,
    access: "task:read",
    params: attachmentPath,
    responses: { 200: { description: "The attachment.", body: attachment } },
    handle: async ({ params: { taskId, attachmentId }, organisationId, request }) => {
      const { value, servedBy } = await db.read((query) => findAttachment(query, taskId, attachmentId), {
        organisation: organisationId,
        after: seenBy(request),
      });
      return { status: 200, headers: { "x-served-by": servedBy }, body: value.attachment };
    },
  });
}
