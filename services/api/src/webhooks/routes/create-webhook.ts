import { acknowledge } from "@purlin/kit/consistency";
import { etag } from "@purlin/kit/etag";
import { route } from "@purlin/kit/route";
import type { Services } from "../../services.ts";
import { createWebhook as create } from "../change-webhooks.ts";
import { newWebhook, webhookWithSecret } from "../webhooks.ts";
import { organisationPath, tag } from "./paths.ts";

/** POST …/webhooks: the one time its secret is shown. */
export function createWebhook({ db, webhooks }: Services) {
  return route({
    method: "post",
    path: "/organisations/:organisationId/webhooks",
    operationId: "createWebhook",
    summary: "Have events sent to an address",
    tag,
    access: "webhook:manage",
    params: organisationPath,
    body: newWebhook,
    responses: {
      201: {
        description: "Keep the secret now: it is not shown again.",
        body: webhookWithSecret,
        headers: { etag: "Its version." },
      },
    },
    problems: ["unprocessable"],
    handle: async ({ body, identity, organisationId, response }) => {
      const caller = { organisationId, actorId: identity.subjectId, ...webhooks };
      const { value, lsn } = await db.write((query) => create(query, caller, body), { organisation: organisationId });
      acknowledge(response, lsn);
      return { status: 201, headers: { etag: etag(value.version), "cache-control": "no-store" }, body: value };
    },
  });
}
