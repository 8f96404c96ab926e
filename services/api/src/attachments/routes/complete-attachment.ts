import { acknowledge } from "@purlin/kit/consistency";
import { Problem } from "@purlin/kit/problems";
import { route } from "@purlin/kit/route";
import { callerOf } from "../../caller.ts";
import type { Services } from "../../services.ts";
import { attachment } from "../attachments.ts";
import { settleUpload } from "../settle-upload.ts";
import { attachmentPath, tag } from "./paths.ts";

/** POST …/complete: the upload is there; what it really is decides whether it is kept. */
export function completeAttachment(services: Services) {
  return route({
    method: "post",
    path: "/organisations/:organisationId/tasks/:taskId/attachments/:attachmentId/complete",
    operationId: "completeAttachment",
    summary: "Have an uploaded file checked",
    tag,
    access: "attachment:write",
    params: attachmentPath,
    responses: {
      200: {
        description: "It was checked: `state` says with what result. Asking again gives the same.",
        body: attachment,
      },
    },
    problems: ["conflict"],
    handle: async ({ params: { taskId, attachmentId }, identity, organisationId, response }) => {
      const caller = callerOf(identity, organisationId);
      const settled = await settleUpload(services, { caller, taskId, id: attachmentId });
      if (!settled) throw new Problem("conflict", { detail: "nothing was uploaded yet" });
      acknowledge(response, settled.lsn);
      return { status: 200, body: settled.value };
    },
  });
}
