import { route } from "@purlin/kit/route";
import { readIn } from "../../place.ts";
import type { Services } from "../../services.ts";
import { attachment, findAttachment } from "../attachments.ts";
import { attachmentPath, tag } from "./paths.ts";

/** GET …/attachments/:attachmentId: what is known of it; its content is at `content`. */
export function getAttachment(services: Services) {
  return route({
    method: "get",
    path: "/organisations/:organisationId/tasks/:taskId/attachments/:attachmentId",
    operationId: "getAttachment",
    summary: "Get what is known of an attachment",
    tag,
    access: "task:read",
    params: attachmentPath,
    responses: { 200: { description: "The attachment.", body: attachment } },
    handle: async ({ params: { taskId, attachmentId }, ...place }) => {
      const { attachment: found } = await readIn(services, place, (query) =>
        findAttachment(query, taskId, attachmentId),
      );
      return { status: 200, body: found };
    },
  });
}
