import { seal, sealingKey, unseal } from "./sealed-secret.ts";

/** Settings of whoever writes or reads the secrets of webhooks. */
export const webhookSecretEnv = { WEBHOOK_SECRET_KEY: sealingKey };

/** The columns of a webhook that hold its secrets, sealed. */
export interface SealedWebhook {
  id: string;
  secret: string;
  previousSecret: string | null;
  previousSecretUntil: Date | null;
}

/** A webhook's secret as it is kept. It opens for this webhook only. */
export function sealWebhookSecret(key: Buffer, webhookId: string, secret: string): string {
  return seal(key, purpose(webhookId), secret);
}

/**
 * The secrets a message to `webhook` is signed with: the present one, and until it ends the one before.
 * @throws Error when they were sealed with another key
 */
export function openWebhookSecrets(key: Buffer, webhook: SealedWebhook, now = new Date()): string[] {
  const { secret, previousSecret, previousSecretUntil } = webhook;
  const overlapping = previousSecret !== null && previousSecretUntil !== null && previousSecretUntil > now;
  return [secret, ...(overlapping ? [previousSecret] : [])].map((sealed) => unseal(key, purpose(webhook.id), sealed));
}

function purpose(webhookId: string): string {
  return `webhook:${webhookId}`;
}
