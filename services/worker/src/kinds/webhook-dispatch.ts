import { z } from "zod";
import type { Kind, NewJob } from "../jobs/kind.ts";

const insert = `
  WITH delivery AS (
    INSERT INTO webhook_deliveries (organisation_id, webhook_id, event_id, type, next_attempt_at)
    SELECT organisation_id, id, $1, $2, now() FROM webhooks WHERE enabled AND $2 = ANY(events)
    ON CONFLICT DO NOTHING
    RETURNING organisation_id, id, webhook_id
  )
  INSERT INTO jobs.jobs (id, kind, key, organisation_id, event_id, payload, trace_parent)
  SELECT id, 'webhook.deliver', $1 || ':' || webhook_id, organisation_id, $1,
    jsonb_build_object('webhookId', webhook_id, 'event', $3::jsonb), $4
  FROM delivery
  RETURNING id, kind`;

/** Makes a delivery, and the job for it, for each of the organisation's webhooks that asked for such an event. */
export const webhookDispatch: Kind = {
  name: "webhook.dispatch",
  on: "all",
  concurrency: 3,
  retries: [1, 5, 30, 300],
  effect: (query, { eventId, payload, traceParent }) => {
    const { type } = z.object({ type: z.string() }).parse(payload);
    return query<NewJob & Record<string, unknown>>(insert, [eventId, type, JSON.stringify(payload), traceParent]);
  },
};
