import { changesSomething } from "@purlin/kit/changes";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { z } from "zod";

/** What a webhook can be told of; the payload is the event's. */
const webhookEvents = [
  "organisation.updated",
  "member.added",
  "member.role_changed",
  "member.removed",
  "project.created",
  "project.updated",
  "project.archived",
  "task.created",
  "task.updated",
  "task.deleted",
  "comment.created",
  "comment.updated",
  "comment.deleted",
  "attachment.uploaded",
  "attachment.checked",
  "attachment.rejected",
  "attachment.deleted",
  "import.requested",
  "import.finished",
  "forecast.updated",
] as const;

const events = z
  .array(z.enum(webhookEvents))
  .min(1)
  .max(webhookEvents.length)
  .refine((names) => new Set(names).size === names.length, "has an event twice");

const url = z.string().max(2000).describe("https, and a host with a public address. Redirects are not followed.");

export const newWebhook = z
  .strictObject({ url, events, enabled: z.boolean().default(true) })
  .meta({ id: "NewWebhook" });

export const webhookChanges = z
  .strictObject({ url, events, enabled: z.boolean() })
  .partial()
  .refine(changesSomething, "changes nothing")
  .meta({ id: "WebhookChanges" });

export type NewWebhook = z.output<typeof newWebhook>;
export type WebhookChanges = z.output<typeof webhookChanges>;

const shown = z.strictObject({
  id: z.uuid(),
  url: z.string(),
  events: z.array(z.string()),
  enabled: z.boolean(),
  version: z.int(),
  createdBy: z.uuid(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

/** A webhook as the API shows it. */
export const webhook = shown.meta({ id: "Webhook" });

/** The one answer that has the secret: at creation and after a rotation. */
export const webhookWithSecret = shown
  .extend({ secret: z.string().describe("Signs every message (Standard Webhooks). It is shown now and never again.") })
  .meta({ id: "WebhookWithSecret" });

/** As the database gives it, without the secret. */
export interface WebhookRow {
  id: string;
  url: string;
  events: string[];
  enabled: boolean;
  version: number;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
}

export const webhookColumns = `
  id, url, events, enabled, version, created_by AS "createdBy", created_at AS "createdAt", updated_at AS "updatedAt"`;

/** An organisation has few, so they come as one list. */
export const webhooksPerOrganisation = 100;

export async function listWebhooks(query: Query): Promise<WebhookRow[]> {
  return query(`SELECT ${webhookColumns} FROM webhooks ORDER BY id`);
}

/** @throws Problem not_found */
export async function findWebhook(query: Query, id: string): Promise<WebhookRow> {
  const [row] = await query<WebhookRow>(`SELECT ${webhookColumns} FROM webhooks WHERE id = $1`, [id]);
  if (!row) throw noWebhook();
  return row;
}

export function noWebhook(): Problem {
  return new Problem("not_found", { detail: "there is no such webhook" });
}
