import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/*
 * Signatures of webhooks after the Standard Webhooks specification, so that receivers can use its libraries.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

const prefix = "whsec_";

/** Seconds a message's time may be off: what is older may be a replay. */
const tolerance = 300;

export interface WebhookMessage {
  /** Stays the same over retries: a receiver knows a repetition by it. */
  id: string;
  /** When this attempt is made. */
  timestamp: Date;
  /** Exactly the bytes that are sent, as text. */
  body: string;
}

/** A new secret for signing, in the form receivers' libraries take: `whsec_` and 32 random bytes in base64. */
export function newWebhookSecret(): string {
  return prefix + randomBytes(32).toString("base64");
}

/**
 * Headers that prove to the receiver who sent `message` and that nobody changed it. Several secrets give several
 * signatures: while one secret replaces another, receivers with either accept.
 */
export function signWebhook(secrets: readonly string[], message: WebhookMessage): Record<string, string> {
  const timestamp = String(Math.floor(message.timestamp.getTime() / 1000));
  const signatures = secrets.map((secret) => `v1,${signature(secret, message.id, timestamp, message.body)}`);
  return { "webhook-id": message.id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}

/** Whether `headers` (lower case names) prove that `body` was signed with `secret`, within five minutes of `now`. */
export function verifyWebhook(
  secret: string,
  headers: Record<string, string | undefined>,
  body: string,
  now = new Date(),
): boolean {
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures } = headers;
  if (!id || !timestamp || !signatures || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > tolerance) return false;
  const expected = Buffer.from(`v1,${signature(secret, id, timestamp, body)}`);
  return signatures.split(" ").some((given) => {
    const bytes = Buffer.from(given);
    return bytes.length === expected.length && timingSafeEqual(bytes, expected);
  });
}

function signature(secret: string, id: string, timestamp: string, body: string): string {
  if (!secret.startsWith(prefix)) throw new Error(`a webhook secret starts with ${prefix}`);
  const key = Buffer.from(secret.slice(prefix.length), "base64");
  return createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
}
