import { etag, expectVersion } from "@purlin/kit/etag";
import { route } from "@purlin/kit/route";
import { writeIn } from "../../place.ts";
import type { Services } from "../../services.ts";
import { ifMatch, tagHeader } from "../../versions.ts";
import { deleteWebhook as remove, rotateWebhookSecret as rotate, updateWebhook as update } from "../change-webhooks.ts";
import { webhook, webhookChanges, webhookWithSecret } from "../webhooks.ts";
import { tag, webhookCaller, webhookPath } from "./paths.ts";

const conditional = ["precondition_failed", "precondition_required"] as const;

/** PATCH …/webhooks/:webhookId */
export function updateWebhook(services: Services) {
  return route({
    method: "patch",
    path: "/organisations/:organisationId/webhooks/:webhookId",
    operationId: "updateWebhook",
    summary: "Change a webhook",
    tag,
    access: "webhook:manage",
    params: webhookPath,
    body: webhookChanges,
    requestHeaders: ifMatch,
    responses: { 200: { description: "The webhook as it is now.", body: webhook, headers: tagHeader } },
    problems: conditional,
    handle: async ({ params: { webhookId }, body, identity, ...place }) => {
      const caller = webhookCaller(services, identity, place.organisationId);
      const expect = expectVersion(place.request);
      const changed = await writeIn(services, place, (query) => update(query, caller, webhookId, expect, body));
      return { status: 200, headers: { etag: etag(changed.version) }, body: changed };
    },
  });
}

/** POST …/webhooks/:webhookId/secret: another secret; the one before signs beside it for a day. */
export function rotateWebhookSecret(services: Services) {
  return route({
    method: "post",
    path: "/organisations/:organisationId/webhooks/:webhookId/secret",
    operationId: "rotateWebhookSecret",
    summary: "Give a webhook a new secret",
    tag,
    access: "webhook:manage",
    params: webhookPath,
    responses: {
      200: {
        description: "Keep the secret now. For a day, messages are signed with the one before too.",
        body: webhookWithSecret,
        headers: tagHeader,
      },
    },
    handle: async ({ params: { webhookId }, identity, ...place }) => {
      const caller = webhookCaller(services, identity, place.organisationId);
      const rotated = await writeIn(services, place, (query) => rotate(query, caller, webhookId));
      const headers = { etag: etag(rotated.version), "cache-control": "no-store" };
      return { status: 200, headers, body: rotated };
    },
  });
}

/** DELETE …/webhooks/:webhookId */
export function deleteWebhook(services: Services) {
  return route({
    method: "delete",
    path: "/organisations/:organisationId/webhooks/:webhookId",
    operationId: "deleteWebhook",
    summary: "Delete a webhook and what is known of its deliveries",
    tag,
    access: "webhook:manage",
    params: webhookPath,
    requestHeaders: ifMatch,
    responses: { 204: { description: "It is gone." } },
    problems: conditional,
    handle: async ({ params: { webhookId }, identity, ...place }) => {
      const caller = webhookCaller(services, identity, place.organisationId);
      const expect = expectVersion(place.request);
      await writeIn(services, place, (query) => remove(query, caller, webhookId, expect));
      return { status: 204 };
    },
  });
}
