import { acknowledge } from "@purlin/kit/consistency";
import { etag, expectVersion } from "@purlin/kit/etag";
import { route } from "@purlin/kit/route";
import type { Services } from "../../services.ts";
import { deleteWebhook as remove, rotateWebhookSecret as rotate, updateWebhook as update } from "../change-webhooks.ts";
import { webhook, webhookChanges, webhookWithSecret } from "../webhooks.ts";
import { ifMatch, tag, webhookPath } from "./paths.ts";

const conditional = ["precondition_failed", "precondition_required"] as const;

/** PATCH …/webhooks/:webhookId */
export function updateWebhook({ db, webhooks }: Services) {
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
    responses: { 200: { description: "The webhook as it is now.", body: webhook, headers: { etag: "Its version." } } },
    problems: conditional,
    handle: async ({ params: { webhookId }, body, identity, organisationId, request, response }) => {
      const caller = { organisationId, actorId: identity.subjectId, ...webhooks };
      const expect = expectVersion(request);
      const { value, lsn } = await db.write((query) => update(query, caller, webhookId, expect, body), {
        organisation: organisationId,
      });
      acknowledge(response, lsn);
      return { status: 200, headers: { etag: etag(value.version) }, body: value };
    },
  });
}

/** POST …/webhooks/:webhookId/secret: another secret; the one before signs beside it for a day. */
export function rotateWebhookSecret({ db, webhooks }: Services) {
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
        headers: { etag: "Its version." },
      },
    },
    handle: async ({ params: { webhookId }, identity, organisationId, response }) => {
      const caller = { organisationId, actorId: identity.subjectId, ...webhooks };
      const { value, lsn } = await db.write((query) => rotate(query, caller, webhookId), {
        organisation: organisationId,
      });
      acknowledge(response, lsn);
      return { status: 200, headers: { etag: etag(value.version), "cache-control": "no-store" }, body: value };
    },
  });
}

/** DELETE …/webhooks/:webhookId */
export function deleteWebhook({ db, webhooks }: Services) {
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
    handle: async ({ params: { webhookId }, identity, organisationId, request, response }) => {
      const caller = { organisationId, actorId: identity.subjectId, ...webhooks };
      const expect = expectVersion(request);
      const { lsn } = await db.write((query) => remove(query, caller, webhookId, expect), {
        organisation: organisationId,
      });
      acknowledge(response, lsn);
      return { status: 204 };
    },
  });
}
