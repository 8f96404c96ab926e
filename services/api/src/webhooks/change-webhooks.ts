import { randomUUID } from "node:crypto";
import { audit } from "@purlin/kit/audit";
import { checkOutboundUrl, OutboundRefused, type OutboundRules } from "@purlin/kit/outbound-url";
import { emit } from "@purlin/kit/outbox";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { sealWebhookSecret } from "@purlin/kit/webhook-secrets";
import { newWebhookSecret } from "@purlin/kit/webhook-signature";
import {
  findWebhook,
  noWebhook,
  webhookColumns,
  webhooksPerOrganisation,
  type NewWebhook,
  type WebhookChanges,
  type WebhookRow,
} from "./webhooks.ts";

/** Who changes webhooks, where, and by what rules. */
export interface WebhookCaller {
  organisationId: string;
  actorId: string;
  rules: OutboundRules;
  /** Seals the secrets. */
  key: Buffer;
}

/** Hours in which the secret before still signs too, after a new one was made. */
const overlap = 24;

const insert = `
  INSERT INTO webhooks (organisation_id, id, url, secret, events, enabled, created_by)
  SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM webhooks) < ${webhooksPerOrganisation}
  RETURNING ${webhookColumns}`;

/** @throws Problem invalid_request for a URL that must not be called, unprocessable past the limit */
export async function createWebhook(
  query: Query,
  caller: WebhookCaller,
  { url, events, enabled }: NewWebhook,
): Promise<WebhookRow & { secret: string }> {
  const [id, secret] = [randomUUID(), newWebhookSecret()];
  const sealed = sealWebhookSecret(caller.key, id, secret);
  const values = [caller.organisationId, id, checkedUrl(url, caller.rules), sealed, events, enabled, caller.actorId];
  const [row] = await query<WebhookRow>(insert, values);
  if (!row) {
    throw new Problem("unprocessable", { detail: `an organisation may have ${webhooksPerOrganisation} webhooks` });
  }
  await record(query, caller, "webhook.created", row);
  return { ...row, secret };
}

const update = `
  UPDATE webhooks SET url = coalesce($3, url), events = coalesce($4, events), enabled = coalesce($5, enabled),
    version = version + 1, updated_at = now()
  WHERE id = $1 AND version = coalesce($2, version) RETURNING ${webhookColumns}`;

/** Changes it if it still has `version`. @throws Problem invalid_request, not_found, precondition_failed */
export async function updateWebhook(
  query: Query,
  caller: WebhookCaller,
  id: string,
  version: number | undefined,
  { url, events, enabled }: WebhookChanges,
): Promise<WebhookRow> {
  const checked = url === undefined ? null : checkedUrl(url, caller.rules);
  const [row] = await query<WebhookRow>(update, [id, version ?? null, checked, events ?? null, enabled ?? null]);
  if (!row) throw await whyNot(query, id);
  await record(query, caller, "webhook.updated", row);
  return row;
}

const replaceSecret = `
  UPDATE webhooks SET previous_secret = secret, previous_secret_until = now() + interval '${overlap} hours', secret = $2,
    version = version + 1, updated_at = now()
  WHERE id = $1 RETURNING ${webhookColumns}`;

/** Gives it a new secret; the one before signs beside it for a day. @throws Problem not_found */
export async function rotateWebhookSecret(
  query: Query,
  caller: WebhookCaller,
  id: string,
): Promise<WebhookRow & { secret: string }> {
  const secret = newWebhookSecret();
  const [row] = await query<WebhookRow>(replaceSecret, [id, sealWebhookSecret(caller.key, id, secret)]);
  if (!row) throw noWebhook();
  await record(query, caller, "webhook.updated", row, { secret: "rotated" });
  return { ...row, secret };
}

const remove = `DELETE FROM webhooks WHERE id = $1 AND version = coalesce($2, version) RETURNING ${webhookColumns}`;

/** Deletes it with the memory of its deliveries. @throws Problem not_found, precondition_failed */
export async function deleteWebhook(
  query: Query,
  caller: WebhookCaller,
  id: string,
  version: number | undefined,
): Promise<void> {
  const [row] = await query<WebhookRow>(remove, [id, version ?? null]);
  if (!row) throw await whyNot(query, id);
  await record(query, caller, "webhook.deleted", row);
}

function checkedUrl(url: string, rules: OutboundRules): string {
  try {
    return checkOutboundUrl(url, rules).href;
  } catch (error) {
    if (!(error instanceof OutboundRefused)) throw error;
    throw new Problem("invalid_request", { errors: [{ path: "body.url", message: error.message }], cause: error });
  }
}

/** Nothing was changed: it is not there, or no longer as the caller saw it. */
async function whyNot(query: Query, id: string): Promise<Problem> {
  await findWebhook(query, id);
  return new Problem("precondition_failed");
}

/** Where data of the organisation goes is for its administrators to answer for: it is in the audit log. */
async function record(
  query: Query,
  { organisationId, actorId }: WebhookCaller,
  type: string,
  row: WebhookRow,
  details: Record<string, unknown> = { url: row.url, events: row.events, enabled: row.enabled },
): Promise<void> {
  await emit(query, { organisationId, type, entityId: row.id, actorId, payload: { ...row } });
  await audit(query, { organisationId, actorId, action: type, targetType: "webhook", targetId: row.id, details });
}
