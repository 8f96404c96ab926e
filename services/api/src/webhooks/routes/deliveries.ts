import { pageOf, pageQuery } from "@purlin/kit/cursor";
import { route } from "@purlin/kit/route";
import { z } from "zod";
import { callerOf } from "../../caller.ts";
import { readIn, writeIn } from "../../place.ts";
import type { Services } from "../../services.ts";
import { delivery, deliveryState, listDeliveries as list, redeliver as again } from "../deliveries.ts";
import { findWebhook } from "../webhooks.ts";
import { tag, webhookPath } from "./paths.ts";

/** GET …/deliveries: what became of each event, newest first. */
export function listDeliveries(services: Services) {
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
    handle: async ({ params: { webhookId }, query: { state, ...page }, ...place }) => {
      const body = await readIn(services, place, async (query) => {
        await findWebhook(query, webhookId);
        return list(query, { webhookId, state }, page);
      });
      return { status: 200, body };
    },
  });
}

/** POST …/deliveries/:deliveryId/redeliver */
export function redeliver(services: Services) {
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
    handle: async ({ params: { webhookId, deliveryId }, identity, ...place }) => {
      const caller = callerOf(identity, place.organisationId);
      const body = await writeIn(services, place, (query) => again(query, caller, webhookId, deliveryId));
      return { status: 202, body };
    },
  });
}
