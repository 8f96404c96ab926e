import { etag } from "@purlin/kit/etag";
import { route } from "@purlin/kit/route";
import { writeIn } from "../../place.ts";
import type { Services } from "../../services.ts";
import { createWebhook as create } from "../change-webhooks.ts";
import { newWebhook, webhookWithSecret } from "../webhooks.ts";
import { organisationPath, tag, webhookCaller } from "./paths.ts";

/** POST …/webhooks: the one time its secret is shown. */
export function createWebhook(services: Services) {
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
    handle: async ({ body, identity, ...place }) => {
      const caller = webhookCaller(services, identity, place.organisationId);
      const created = await writeIn(services, place, (query) => create(query, caller, body));
      const headers = { etag: etag(created.version), "cache-control": "no-store" };
      return { status: 201, headers, body: created };
    },
  });
}
