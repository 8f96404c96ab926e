import type { Query } from "@purlin/kit/pool";

/** Days the history of sign-ins is kept. */
const history = 90;

/** Removes what is over. What has expired was no good before: this is only about room. */
export async function removeExpired(query: Query): Promise<void> {
  for (const table of ["registrations", "password_resets", "email_changes", "challenges", "sign_in_steps"]) {
    await query(`DELETE FROM ${table} WHERE expires_at < now()`);
  }
  await query("DELETE FROM sign_in_attempts WHERE at < now() - make_interval(days => $1)", [history]);
}
