import { seenBy } from "@purlin/kit/consistency";
import { etag } from "@purlin/kit/etag";
import { route } from "@purlin/kit/route";
import { z } from "zod";
import type { Services } from "../../services.ts";
import { findWebhook, listWebhooks as list, webhook, webhooksPerOrganisation } from "../webhooks.ts";
import { organisationPath, tag, webhookPath } from "./paths.ts";

/** GET …/webhooks: all of them; there are few. */
export function listWebhooks({ db }: Services) {
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
    handle: async ({ organisationId, request }) => {
      const { value, servedBy } = await db.read(list, { organisation: organisationId, after: seenBy(request) });
      return { status: 200, headers: { "x-served-by": servedBy }, body: { items: value } };
    },
  });
}

/** GET …/webhooks/:webhookId */
export function getWebhook({ db }: Services) {
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
    handle: async ({ params: { webhookId }, organisationId, request }) => {
      const { value, servedBy } = await db.read((query) => findWebhook(query, webhookId), {
        organisation: organisationId,
        after: seenBy(request),
      });
      return { status: 200, headers: { "x-served-by": servedBy, etag: etag(value.version) }, body: value };
    },
  });
}
