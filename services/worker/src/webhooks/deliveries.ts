import { audit } from "@purlin/kit/audit";
import { emit } from "@purlin/kit/outbox";
import type { Query } from "@purlin/kit/pool";
import type { SealedWebhook } from "@purlin/kit/webhook-secrets";
import { reason } from "../jobs/rows.ts";

/*
 * What is written of deliveries. Everything here sees the rows of one organisation, the job's.
 */

export interface Webhook extends SealedWebhook {
  url: string;
  enabled: boolean;
}

type QueryRow = Record<string, unknown>;

export async function findWebhook(query: Query, id: string): Promise<Webhook | undefined> {
  const [row] = await query<Webhook & QueryRow>(
    `SELECT id, url, enabled, secret, previous_secret AS "previousSecret", previous_secret_until AS "previousSecretUntil"
     FROM webhooks WHERE id = $1`,
    [id],
  );
  return row;
}

export async function recordDelivered(query: Query, id: string, webhookId: string, status: number): Promise<void> {
  await query(
    `UPDATE webhook_deliveries SET state = 'delivered', attempts = attempts + 1, last_status = $2, last_error = NULL,
       next_attempt_at = NULL, delivered_at = now() WHERE id = $1`,
    [id, status],
  );
  await query(
    "DELETE FROM jobs.failing_webhooks WHERE organisation_id = access.current_organisation() AND webhook_id = $1",
    [webhookId],
  );
}

/** A delivery that will not be tried again, though no attempt failed. */
export async function recordGivenUp(query: Query, id: string, why: string): Promise<void> {
  await query("UPDATE webhook_deliveries SET state = 'failed', last_error = $2, next_attempt_at = NULL WHERE id = $1", [
    id,
    why,
  ]);
}

/** A failed attempt, after the job's row was moved to its next one. */
export async function recordFailure(
  query: Query,
  id: string,
  { error, status, dead }: { error: unknown; status: number | null; dead: boolean },
): Promise<void> {
  await query(
    `UPDATE webhook_deliveries SET state = CASE WHEN $2 THEN 'failed' ELSE 'pending' END, attempts = attempts + 1,
       last_status = $3, last_error = $4,
       next_attempt_at = CASE WHEN NOT $2 THEN (SELECT run_after FROM jobs.jobs WHERE id = $1) END
     WHERE id = $1`,
    [id, dead, status, reason(error)],
  );
}

const failing = `
  INSERT INTO jobs.failing_webhooks AS f (organisation_id, webhook_id) VALUES (access.current_organisation(), $1)
  ON CONFLICT (organisation_id, webhook_id) DO UPDATE SET since = f.since
  RETURNING since < now() - make_interval(days => $2) AS "tooLong"`;

const disable = `
  UPDATE webhooks SET enabled = false, version = version + 1, updated_at = now() WHERE id = $1 AND enabled
  RETURNING organisation_id AS "organisationId", id, url, events, enabled, version, created_by AS "createdBy",
    created_at AS "createdAt", updated_at AS "updatedAt"`;

/** Disables a webhook that is gone for good, or that has failed for `days` without a success in between. */
export async function disableIfHopeless(query: Query, id: string, gone: boolean, days: number): Promise<void> {
  const [state] = await query<{ tooLong: boolean }>(failing, [id, days]);
  if (!gone && !state?.tooLong) return;
  const [row] = await query<{ organisationId: string } & QueryRow>(disable, [id]);
  if (!row) return;
  await query(
    "DELETE FROM jobs.failing_webhooks WHERE organisation_id = access.current_organisation() AND webhook_id = $1",
    [id],
  );
  const { organisationId, ...payload } = row;
  const details = { why: gone ? "its endpoint answers that it is gone" : `it failed for ${days} days` };
  await emit(query, { organisationId, type: "webhook.updated", entityId: id, payload });
  await audit(query, { organisationId, action: "webhook.disabled", targetType: "webhook", targetId: id, details });
}
