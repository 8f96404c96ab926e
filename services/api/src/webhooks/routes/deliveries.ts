import { acknowledge, seenBy } from "@purlin/kit/consistency";
import { pageOf, pageQuery } from "@purlin/kit/cursor";
import { route } from "@purlin/kit/route";
import { z } from "zod";
import type { Services } from "../../services.ts";
import { delivery, deliveryState, listDeliveries as list, redeliver as again } from "../deliveries.ts";
import { findWebhook } from "../webhooks.ts";
import { tag, webhookPath } from "./paths.ts";

/** GET …/deliveries: what became of each event, newest first. */
export function listDeliveries({ db }: Services) {
  return route({
    method: "get",
    path: "/organisations/:organisationId/webhooks/:webhookId/deliveries",
    operationId: "listWebhookDeliveries",
    summary: "List what became of events for a webhook",
    tag,
    access: "webhook:manage",
    params: webhookPath,
    query: z.strictObject({ ...pageQuery, state: deliveryState.optional() }),
    responses: { 200: { description: "Newest first.", body: pageOf(delivery) } },
    handle: async ({ params: { webhookId }, query: { state, ...page }, organisationId, request }) => {
      const { value, servedBy } = await db.read(
        async (query) => {
          await findWebhook(query, webhookId);
          return list(query, { webhookId, state }, page);
        },
        { organisation: organisationId, after: seenBy(request) },
      );
      return { status: 200, headers: { "x-served-by": servedBy }, body: value };
    },
  });
}

/** POST …/deliveries/:deliveryId/redeliver */
export function redeliver({ db }: Services) {
  return route({
    method: "post",
    path: "/organisations/:organisationId/webhooks/:webhookId/deliveries/:deliveryId/redeliver",
    operationId: "redeliverWebhook",
    summary: "Have an event delivered again",
    tag,
    access: "webhook:manage",
    params: webhookPath.extend({ deliveryId: z.uuid() }),
    responses: { 202: { description: "It will be.", body: delivery } },
    problems: ["conflict"],
    handle: async ({ params: { webhookId, deliveryId }, identity, organisationId, response }) => {
      const caller = { organisationId, actorId: identity.subjectId };
      const { value, lsn } = await db.write((query) => again(query, caller, webhookId, deliveryId), {
        organisation: organisationId,
      });
      acknowledge(response, lsn);
      return { status: 202, body: value };
    },
  });
}
