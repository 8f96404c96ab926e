import { z } from "zod";
import type { Kind, NewJob } from "../jobs/kind.ts";

const eventOf = `
  SELECT jsonb_build_object('type', o.type, 'entityId', o.entity_id, 'projectId', o.project_id, 'actorId', o.actor_id,
    'occurredAt', o.occurred_at, 'payload', o.payload)
  FROM platform.outbox o WHERE o.id = d.event_id`;

/** From the event where it is kept, else from the dead letter of the same delivery. */
const revive = `
  INSERT INTO jobs.jobs AS j (id, kind, key, organisation_id, event_id, payload, trace_parent)
  SELECT d.id, 'webhook.deliver', d.event_id || ':' || d.webhook_id, d.organisation_id, d.event_id,
    jsonb_build_object('webhookId', d.webhook_id, 'event', event), $2
  FROM webhook_deliveries d, LATERAL (
    SELECT coalesce((${eventOf}), (SELECT payload->'event' FROM jobs.jobs WHERE id = d.id)) AS event) AS found
  WHERE d.id = $1 AND d.state = 'pending' AND event IS NOT NULL
  ON CONFLICT (kind, key) DO UPDATE SET state = 'pending', attempts = 0, run_after = now(), died_at = NULL
  RETURNING id, kind`;

const giveUp = `
  UPDATE webhook_deliveries SET state = 'failed', last_error = 'the event is no longer kept', next_attempt_at = NULL
  WHERE id = $1 AND state = 'pending'`;

/** Delivers once more what was delivered, or given up, because somebody asked for it. */
export const webhookRedeliver: Kind = {
  name: "webhook.redeliver",
  on: ["webhook.redelivery_requested"],
  concurrency: 4,
  retries: [1, 5, 30, 300],
  effect: async (query, { payload, traceParent }) => {
    const { deliveryId } = z.object({ payload: z.object({ deliveryId: z.uuid() }) }).parse(payload).payload;
    const jobs = await query<NewJob & Record<string, unknown>>(revive, [deliveryId, traceParent]);
    if (jobs.length === 0) await query(giveUp, [deliveryId]);
    return jobs;
  },
};
