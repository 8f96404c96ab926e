import { route } from "@purlin/kit/route";
import { z } from "zod";
import { writeIn } from "../../place.ts";
import type { Services } from "../../services.ts";
import { attachment, newAttachment } from "../attachments.ts";
import { presignUpload, requestUpload } from "../request-upload.ts";
import { taskPath, tag } from "./paths.ts";

const created = attachment
  .extend({
    upload: z.strictObject({
      url: z.url().describe("Send the content here, with this method and these headers, before it expires."),
      method: z.literal("PUT"),
      headers: z.record(z.string(), z.string()),
      expiresAt: z.iso.datetime(),
    }),
  })
  .meta({ id: "AttachmentToUpload" });

/** POST …/attachments: announces a file; its content then goes straight to storage, and `complete` has it checked. */
export function createAttachment(services: Services) {
  return route({
    method: "post",
    path: "/organisations/:organisationId/tasks/:taskId/attachments",
    operationId: "createAttachment",
    summary: "Announce a file and get an address to upload it to",
    tag,
    access: "attachment:write",
    params: taskPath,
    body: newAttachment,
    responses: {
      201: { description: "Upload it now.", body: created, headers: { location: "The attachment." } },
    },
    problems: ["unprocessable"],
    handle: async ({ params: { taskId }, body, identity, ...place }) => {
      const caller = { actorId: identity.subjectId, sizeLimit: services.attachmentLimit };
      const announced = await writeIn(services, place, (query) => requestUpload(query, caller, taskId, body));
      const upload = await presignUpload(services.attachments, place.organisationId, announced);
      return { status: 201, headers: { location: `attachments/${announced.id}` }, body: { ...announced, upload } };
    },
  });
}
