import { etag } from "@purlin/kit/etag";
import { route } from "@purlin/kit/route";
import { z } from "zod";
import { readIn } from "../../place.ts";
import type { Services } from "../../services.ts";
import { findWebhook, listWebhooks as list, webhook, webhooksPerOrganisation } from "../webhooks.ts";
import { organisationPath, tag, webhookPath } from "./paths.ts";

/** GET …/webhooks: all of them; there are few. */
export function listWebhooks(services: Services) {
  return route({
    method: "get",
    path: "/organisations/:organisationId/webhooks",
    operationId: "listWebhooks",
    summary: "List webhooks",
    tag,
    access: "webhook:manage",
    params: organisationPath,
    responses: {
      200: {
        description: "Oldest first.",
        body: z.strictObject({ items: z.array(webhook).max(webhooksPerOrganisation) }),
      },
    },
    handle: async (place) => ({ status: 200, body: { items: await readIn(services, place, list) } }),
  });
}

/** GET …/webhooks/:webhookId */
export function getWebhook(services: Services) {
  return route({
    method: "get",
    path: "/organisations/:organisationId/webhooks/:webhookId",
    operationId: "getWebhook",
    summary: "Get a webhook",
    tag,
    access: "webhook:manage",
    params: webhookPath,
    responses: {
      200: { description: "The webhook, without its secret.", body: webhook, headers: { etag: "Its version." } },
    },
    handle: async ({ params: { webhookId }, ...place }) => {
      const found = await readIn(services, place, (query) => findWebhook(query, webhookId));
      return { status: 200, headers: { etag: etag(found.version) }, body: found };
    },
  });
}
