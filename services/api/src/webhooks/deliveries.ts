import { readCursor, toPage, writeCursor } from "@purlin/kit/cursor";
import { emit } from "@purlin/kit/outbox";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { z } from "zod";
import type { Caller } from "../caller.ts";

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

const listName = "webhook-deliveries";

/** A page of a webhook's deliveries, newest first. @throws Problem invalid_request for a wrong cursor */
export async function listDeliveries(
  query: Query,
  { webhookId, state }: { webhookId: string; state: string | undefined },
  page: { limit: number; cursor?: string | undefined },
) {
  const [before] = page.cursor === undefined ? [null] : readCursor(listName, z.tuple([z.uuid()]), page.cursor);
  const rows = await query<DeliveryRow>(select, [webhookId, before, state ?? null, page.limit + 1]);
  return toPage(rows, page.limit, ({ id }) => writeCursor(listName, [id]));
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
  { organisationId, actorId }: Caller,
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
    organisationId,
    actorId,
    type: "webhook.redelivery_requested",
    entityId: webhookId,
    payload: { deliveryId: id },
  });
  return row;
}
