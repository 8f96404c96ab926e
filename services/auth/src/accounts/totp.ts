import type { Query } from "@purlin/kit/pool";
import { Secret, TOTP } from "otpauth";
import { record } from "./journal.ts";
import { notify } from "./notices.ts";
import { replaceRecoveryCodes } from "./recovery-codes.ts";
import type { AccountServices } from "./services.ts";
import { findUser, type User } from "./users.ts";

/*
 * Codes of an authenticator app (RFC 6238): SHA-1, six digits, 30 seconds, which is all that every app understands.
 */
const period = 30;

/** Steps a clock may be off, to either side (RFC 6238, 5.2). */
const window = 1;

/** What an app needs to know: typed in, or read from a QR code of the URI. */
export interface TotpSetup {
  secret: string;
  uri: string;
}

/** Begins to set an app up, or shows again what was begun. Nothing is in force until a code was right. Undefined when an app is in force. */
export async function beginTotp(services: AccountServices, user: User): Promise<TotpSetup | undefined> {
  const fresh = new Secret({ size: 20 }).base32;
  await services.db.readPrimary("INSERT INTO totp (user_id, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING", [
    user.id,
    services.vault.seal(purpose(user.id), fresh),
  ]);
  const stored = await findTotp(services.db.readPrimary, user.id);
  if (!stored || stored.confirmed) return undefined;
  const totp = generator(services, user.id, stored.secret);
  totp.label = user.email ?? user.displayName;
  return { secret: totp.secret.base32, uri: totp.toString() };
}

/**
 * Puts the app in force when `code` is right; gives the recovery codes, to be shown once. Undefined when the code is wrong.
 * @throws Problem too_many_requests
 */
export async function confirmTotp(services: AccountServices, user: User, code: string): Promise<string[] | undefined> {
  const guess = await services.limits.guess("code", user.id);
  const codes = await services.db.write(async (query) => {
    if (!(await useCode(query, services, user.id, code, { confirmed: false }))) return undefined;
    await query("UPDATE totp SET confirmed_at = now() WHERE user_id = $1", [user.id]);
    await notify(query, services, user, "an authenticator app was added");
    return replaceRecoveryCodes(query, user.id);
  });
  if (!codes.value) return undefined;
  await guess.succeeded();
  services.wake();
  await record(services, { action: "totp.added", userId: user.id });
  return codes.value;
}

/** Whether `code` is right for the app in force; it is good once. @throws Problem too_many_requests */
export async function verifyTotp(services: AccountServices, userId: string, code: string): Promise<boolean> {
  const guess = await services.limits.guess("code", userId);
  const { value: right } = await services.db.write((query) =>
    useCode(query, services, userId, code, { confirmed: true }),
  );
  if (right) await guess.succeeded();
  return right;
}

/** Signing in takes one step again; the recovery codes are void. */
export async function removeTotp(services: AccountServices, userId: string): Promise<void> {
  await services.db.write(async (query) => {
    const removed = await query("DELETE FROM totp WHERE user_id = $1 RETURNING user_id", [userId]);
    await query("DELETE FROM recovery_codes WHERE user_id = $1", [userId]);
    const user = await findUser(query, userId);
    if (removed.length > 0 && user) await notify(query, services, user, "the authenticator app was removed");
  });
  services.wake();
  await record(services, { action: "totp.removed", userId });
}

/** Whether an app is in force. */
export async function hasTotp(query: Query, userId: string): Promise<boolean> {
  return (await findTotp(query, userId))?.confirmed ?? false;
}

/** Checks a code and remembers its step, under a lock: of two who bring the same code one is late. */
async function useCode(
  query: Query,
  services: AccountServices,
  userId: string,
  code: string,
  { confirmed }: { confirmed: boolean },
): Promise<boolean> {
  const stored = await findTotp(query, userId, "FOR UPDATE");
  if (stored?.confirmed !== confirmed) return false;
  const digits = code.replaceAll(/\s/g, "");
  const delta = generator(services, userId, stored.secret).validate({ token: digits, window });
  if (delta === null) return false;
  const step = Math.floor(Date.now() / 1000 / period) + delta;
  if (step <= stored.lastStep) return false;
  await query("UPDATE totp SET last_step = $2 WHERE user_id = $1", [userId, step]);
  return true;
}

async function findTotp(query: Query, userId: string, lock: "" | "FOR UPDATE" = "") {
  const [row] = await query<{ secret: string; confirmed: boolean; last_step: string }>(
    `SELECT secret, confirmed_at IS NOT NULL AS confirmed, last_step FROM totp WHERE user_id = $1 ${lock}`,
    [userId],
  );
  return row && { secret: row.secret, confirmed: row.confirmed, lastStep: Number(row.last_step) };
}

function generator({ vault, brand }: AccountServices, userId: string, sealed: string): TOTP {
  const secret = Secret.fromBase32(vault.open(purpose(userId), sealed));
  return new TOTP({ issuer: brand, algorithm: "SHA1", digits: 6, period, secret });
}

const purpose = (userId: string) => `totp.secret ${userId}`;
