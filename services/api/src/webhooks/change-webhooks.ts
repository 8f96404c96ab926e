import { randomUUID } from "node:crypto";
import { audit } from "@purlin/kit/audit";
import { checkOutboundUrl, OutboundRefused, type OutboundRules } from "@purlin/kit/outbound-url";
import { emit } from "@purlin/kit/outbox";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { sealWebhookSecret } from "@purlin/kit/webhook-secrets";
import { newWebhookSecret } from "@purlin/kit/webhook-signature";
import type { Caller } from "../caller.ts";
import {
  noWebhook,
  webhookColumns,
  webhooksPerOrganisation,
  type NewWebhook,
  type WebhookChanges,
  type WebhookRow,
} from "./webhooks.ts";

/** Who changes webhooks, where, and by what rules. */
export interface WebhookCaller extends Pick<Caller, "organisationId" | "actorId"> {
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

const lock = `SELECT ${webhookColumns} FROM webhooks WHERE id = $1 FOR UPDATE`;
const update = `
  UPDATE webhooks SET url = $2, events = $3, enabled = $4, version = version + 1, updated_at = now()
  WHERE id = $1 RETURNING ${webhookColumns}`;

/** Changes a webhook whose version `expect` agrees with. @throws Problem invalid_request, not_found; what `expect` throws */
export async function updateWebhook(
  query: Query,
  caller: WebhookCaller,
  id: string,
  expect: (version: number) => void,
  changes: WebhookChanges,
): Promise<WebhookRow> {
  const before = await demand(query, id, expect);
  const url = changes.url === undefined ? before.url : checkedUrl(changes.url, caller.rules);
  const { events = before.events, enabled = before.enabled } = changes;
  const [row] = await query<WebhookRow>(update, [id, url, events, enabled]);
  if (!row) throw noWebhook();
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

/** Deletes it with the memory of its deliveries. @throws Problem not_found; what `expect` throws */
export async function deleteWebhook(
  query: Query,
  caller: WebhookCaller,
  id: string,
  expect: (version: number) => void,
): Promise<void> {
  const before = await demand(query, id, expect);
  await query("DELETE FROM webhooks WHERE id = $1", [id]);
  await record(query, caller, "webhook.deleted", before);
}

async function demand(query: Query, id: string, expect: (version: number) => void): Promise<WebhookRow> {
  const [before] = await query<WebhookRow>(lock, [id]);
  if (!before) throw noWebhook();
  expect(before.version);
  return before;
}

function checkedUrl(url: string, rules: OutboundRules): string {
  try {
    return checkOutboundUrl(url, rules).href;
  } catch (error) {
    if (!(error instanceof OutboundRefused)) throw error;
    throw new Problem("invalid_request", { errors: [{ path: "body.url", message: error.message }], cause: error });
  }
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
