import type { Route } from "@purlin/kit/route";
import type { Services } from "../../services.ts";
import { deleteWebhook, rotateWebhookSecret, updateWebhook } from "./change-webhook.ts";
import { createWebhook } from "./create-webhook.ts";
import { listDeliveries, redeliver } from "./deliveries.ts";
import { getWebhook, listWebhooks } from "./read-webhooks.ts";

export function webhookRoutes(services: Services): Route[] {
  return [
    createWebhook(services),
    listWebhooks(services),
    getWebhook(services),
    updateWebhook(services),
    deleteWebhook(services),
    rotateWebhookSecret(services),
    listDeliveries(services),
    redeliver(services),
  ];
}
