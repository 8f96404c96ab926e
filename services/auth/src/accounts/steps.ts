import type { Query } from "@purlin/kit/pool";

/*
 * How far somebody has come in an interaction of the provider. Only the browser that began the interaction has its
 * cookie, so its uid is enough of a key.
 */

/** Minutes between the steps. */
const lifetime = 15;

export interface Step {
  userId: string;
  /** Nothing is missing. False: the password was right, the second step is to come. */
  complete: boolean;
  /** Whether they want to stay signed in. */
  remember: boolean;
}

export async function saveStep(
  query: Query,
  interactionUid: string,
  { userId, complete, remember }: Step,
): Promise<void> {
  await query(
    `INSERT INTO sign_in_steps (interaction_uid, user_id, complete, remember, expires_at)
     VALUES ($1, $2, $3, $4, now() + make_interval(mins => $5))
     ON CONFLICT (interaction_uid) DO UPDATE
       SET user_id = excluded.user_id, complete = excluded.complete, remember = excluded.remember, expires_at = excluded.expires_at`,
    [interactionUid, userId, complete, remember, lifetime],
  );
}

/** How far it has come; undefined for one at its beginning, or too long ago. */
export async function findStep(query: Query, interactionUid: string): Promise<Step | undefined> {
  const [row] = await query<{ user_id: string; complete: boolean; remember: boolean }>(
    "SELECT user_id, complete, remember FROM sign_in_steps WHERE interaction_uid = $1 AND expires_at > now()",
    [interactionUid],
  );
  return row && { userId: row.user_id, complete: row.complete, remember: row.remember };
}

/** The interaction is over, or begins anew. */
export async function forgetStep(query: Query, interactionUid: string): Promise<void> {
  await query("DELETE FROM sign_in_steps WHERE interaction_uid = $1", [interactionUid]);
}
