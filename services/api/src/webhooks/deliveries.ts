import { emit } from "@purlin/kit/outbox";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { z } from "zod";

export const deliveryState = z.enum(["pending", "delivered", "failed"]);

/** What became of one event for one webhook, as the API shows it. */
export const delivery = z
  .strictObject({
    id: z.uuid(),
    webhookId: z.uuid(),
    type: z.string().describe("Of the event."),
    state: deliveryState.describe("`failed` once no more attempts are made."),
    attempts: z.int(),
    lastStatus: z.int().nullable().describe("HTTP status of the last answer; null where there was none."),
    lastError: z.string().nullable(),
    nextAttemptAt: z.iso.datetime().nullable(),
    deliveredAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "WebhookDelivery" });

export interface DeliveryRow {
  id: string;
  webhookId: string;
  type: string;
  state: z.output<typeof deliveryState>;
  attempts: number;
  lastStatus: number | null;
  lastError: string | null;
  nextAttemptAt: Date | null;
  deliveredAt: Date | null;
  createdAt: Date;
}

const columns = `
  id, webhook_id AS "webhookId", type, state, attempts, last_status AS "lastStatus", last_error AS "lastError",
  next_attempt_at AS "nextAttemptAt", delivered_at AS "deliveredAt", created_at AS "createdAt"`;

const select = `
  SELECT ${columns} FROM webhook_deliveries
  WHERE webhook_id = $1 AND ($2::uuid IS NULL OR id < $2) AND ($3::text IS NULL OR state = $3)
  ORDER BY id DESC LIMIT $4`;

/** Newest first, those before the delivery with the id `before`. */
export async function listDeliveries(
  query: Query,
  webhookId: string,
  page: { before: string | undefined; state: string | undefined; limit: number },
): Promise<DeliveryRow[]> {
  return query(select, [webhookId, page.before ?? null, page.state ?? null, page.limit]);
}

const again = `
  UPDATE webhook_deliveries SET state = 'pending', attempts = 0, next_attempt_at = now(), delivered_at = NULL
  WHERE webhook_id = $1 AND id = $2 AND state <> 'pending' RETURNING ${columns}`;

/**
 * Has an event delivered again that was delivered before, or given up. Receivers see the same webhook-id.
 * @throws Problem not_found; conflict while it is still being delivered
 */
export async function redeliver(
  query: Query,
  caller: { organisationId: string; actorId: string },
  webhookId: string,
  id: string,
): Promise<DeliveryRow> {
  const [row] = await query<DeliveryRow>(again, [webhookId, id]);
  if (!row) {
    const found = await query("SELECT 1 FROM webhook_deliveries WHERE webhook_id = $1 AND id = $2", [webhookId, id]);
    if (found.length === 0) throw new Problem("not_found", { detail: "there is no such delivery" });
    throw new Problem("conflict", { detail: "it is still being delivered" });
  }
  await emit(query, {
    ...caller,
    type: "webhook.redelivery_requested",
    entityId: webhookId,
    payload: { deliveryId: id },
  });
  return row;
}
