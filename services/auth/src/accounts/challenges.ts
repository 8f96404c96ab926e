import { randomBytes } from "node:crypto";
import type { Query } from "@purlin/kit/pool";

/** Minutes somebody has to touch their authenticator. */
const lifetime = 5;

/** A challenge for a passkey; its answer is good once, and for what it was made for: `boundTo` names one interaction or session. */
export async function newChallenge(query: Query, boundTo: string): Promise<Uint8Array<ArrayBuffer>> {
  const challenge = randomBytes(32);
  await query(
    "INSERT INTO challenges (challenge, bound_to, expires_at) VALUES ($1, $2, now() + make_interval(mins => $3))",
    [challenge.toString("base64url"), boundTo, lifetime],
  );
  return new Uint8Array(challenge);
}

/** Uses `challenge` up; false when it is not ours, was for something else, or is over. */
export async function spendChallenge(query: Query, boundTo: string, challenge: string): Promise<boolean> {
  const spent = await query(
    "DELETE FROM challenges WHERE challenge = $1 AND bound_to = $2 AND expires_at > now() RETURNING challenge",
    [challenge, boundTo],
  );
  return spent.length > 0;
}
