import type { Query } from "@purlin/kit/pool";
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { challengeOf, type PasskeyAssertion, type PasskeyAttestation } from "./passkey-responses.ts";
import { newChallenge, spendChallenge } from "./challenges.ts";
import { record } from "./journal.ts";
import { notify } from "./notices.ts";
import type { AccountServices } from "./services.ts";
import { findUser, type User } from "./users.ts";
import { removeWayIn } from "./ways-in.ts";

/*
 * Passkeys (Web Authentication, level 3): discoverable credentials that check who holds them, by finger, face or code.
 * One is as good as a password and a second step together.
 */
const userVerification = "required";

export interface Passkey {
  id: string;
  name: string;
  createdAt: Date;
  lastUsedAt: Date | undefined;
}

interface Row {
  id: string;
  name: string;
  created_at: Date;
  last_used_at: Date | null;
}

export async function listPasskeys(query: Query, userId: string): Promise<Passkey[]> {
  const rows = await query<Row>(
    "SELECT id, name, created_at, last_used_at FROM passkeys WHERE user_id = $1 ORDER BY created_at",
    [userId],
  );
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at ?? undefined,
  }));
}

/** What `navigator.credentials.create` is to be asked for; the answer is for `boundTo`. */
export async function passkeyCreationOptions(
  { db, brand, relyingParty }: AccountServices,
  user: User,
  boundTo: string,
) {
  const known = await listPasskeys(db.readPrimary, user.id);
  return generateRegistrationOptions({
    rpName: brand,
    rpID: relyingParty.id,
    userName: user.email ?? user.displayName,
    userDisplayName: user.displayName,
    userID: new TextEncoder().encode(user.id),
    challenge: await newChallenge(db.readPrimary, boundTo),
    attestationType: "none", // which make it is does not matter here, and asking would tell us more than we need
    excludeCredentials: known.map(({ id }) => ({ id })),
    authenticatorSelection: { residentKey: "required", userVerification },
  });
}

/** Keeps the passkey the browser made. False when its answer is not good. */
export async function addPasskey(
  services: AccountServices,
  user: User,
  { response, name, boundTo }: { response: PasskeyAttestation; name: string; boundTo: string },
): Promise<boolean> {
  const credential = await verified(async () => {
    const { registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: (challenge) => spendChallenge(services.db.readPrimary, boundTo, challenge),
      expectedOrigin: services.relyingParty.origin,
      expectedRPID: services.relyingParty.id,
      requireUserVerification: true,
    });
    return registrationInfo;
  });
  if (!credential) return false;
  const { id, publicKey, counter, transports = [] } = credential.credential;
  const { value: added } = await services.db.write(async (query) => {
    const rows = await query(
      `INSERT INTO passkeys (id, user_id, name, public_key, counter, transports, backed_up) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT DO NOTHING RETURNING id`,
      [id, user.id, name, Buffer.from(publicKey), counter, transports, credential.credentialBackedUp],
    );
    if (rows.length > 0) await notify(query, services, user, "a passkey was added");
    return rows.length > 0;
  });
  if (!added) return false; // somebody has it already
  services.wake();
  await record(services, { action: "passkey.added", userId: user.id, details: { name } });
  return true;
}

/** False when the user has no such passkey. @throws Problem conflict when nothing would be left to sign in with */
export async function removePasskey(services: AccountServices, user: User, id: string): Promise<boolean> {
  const removed = await removeWayIn(services, user, async (query) => {
    const rows = await query("DELETE FROM passkeys WHERE id = $1 AND user_id = $2 RETURNING id", [id, user.id]);
    if (rows.length > 0) await notify(query, services, user, "a passkey was removed");
    return rows.length > 0;
  });
  if (!removed) return false;
  services.wake();
  await record(services, { action: "passkey.removed", userId: user.id });
  return true;
}

/** What `navigator.credentials.get` is to be asked for: any passkey of ours, so that nobody need say who they are first. */
export async function passkeyRequestOptions({ db, relyingParty }: AccountServices, boundTo: string) {
  const challenge = await newChallenge(db.readPrimary, boundTo);
  return generateAuthenticationOptions({ rpID: relyingParty.id, userVerification, challenge });
}

interface StoredKey {
  user_id: string;
  public_key: Buffer;
  counter: string;
}

/** Whose passkey gave this answer; undefined when it is not good. */
export async function verifyPasskey(
  services: AccountServices,
  { response, boundTo }: { response: PasskeyAssertion; boundTo: string },
): Promise<User | undefined> {
  const query = services.db.readPrimary;
  // spent first, and whatever comes of it: an answer is looked at once
  if (!(await spendChallenge(query, boundTo, challengeOf(response)))) return undefined;
  const [stored] = await query<StoredKey>("SELECT user_id, public_key, counter FROM passkeys WHERE id = $1", [
    response.id,
  ]);
  if (!stored) return undefined;
  const result = await verified(() =>
    verifyAuthenticationResponse({
      response,
      expectedChallenge: challengeOf(response),
      expectedOrigin: services.relyingParty.origin,
      expectedRPID: services.relyingParty.id,
      requireUserVerification: true,
      credential: {
        id: response.id,
        publicKey: new Uint8Array(stored.public_key),
        counter: Number(stored.counter),
      },
    }),
  );
  if (!result?.verified) return undefined;
  await query("UPDATE passkeys SET counter = $2, last_used_at = now() WHERE id = $1", [
    response.id,
    result.authenticationInfo.newCounter,
  ]);
  return findUser(query, stored.user_id);
}

/** The library throws at an answer that is wrong: to us, it is one that is not good. */
async function verified<T>(verify: () => Promise<T>): Promise<T | undefined> {
  try {
    return await verify();
  } catch {
    return undefined;
  }
}
