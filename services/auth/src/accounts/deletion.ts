import { unlinkAll } from "../federation/identities.ts";
import { record } from "./journal.ts";
import type { AccountServices } from "./services.ts";
import { organisationsOf, tellSubject } from "./subjects.ts";

/**
 * Deletes somebody's account: what proves who they are is gone at once, they are signed out everywhere, and others see
 * "Deleted user" where they left something. Gives the names of organisations that would be left without an owner; then nothing is done.
 */
export async function deleteAccount(services: AccountServices, userId: string): Promise<string[]> {
  const orphans = await organisationsOwnedAlone(services, userId);
  if (orphans.length > 0) return orphans;
  await services.db.write(async (query) => {
    for (const table of credentials) await query(`DELETE FROM ${table} WHERE user_id = $1`, [userId]);
    await unlinkAll(query, userId);
    await query(
      `UPDATE users SET email = NULL, email_key = NULL, display_name = 'Deleted user', version = version + 1, deleted_at = now()
       WHERE id = $1 AND deleted_at IS NULL`,
      [userId],
    );
  });
  await record(services, { action: "user.deleted", userId });
  await services.sessions.endAll(userId);
  await tellSubject(services, userId);
  return [];
}

const credentials = [
  "passwords",
  "passkeys",
  "totp",
  "recovery_codes",
  "password_resets",
  "email_changes",
  "sign_in_steps",
];

async function organisationsOwnedAlone({ app }: AccountServices, userId: string): Promise<string[]> {
  const owned = (await organisationsOf(app, userId)).filter(({ role }) => role === "owner");
  const names = owned.map(async ({ id: organisation }) => {
    const { value } = await app.write(
      (query) =>
        query<{ name: string }>(
          `SELECT name FROM access.organisations o WHERE id = $1
             AND EXISTS (SELECT FROM access.members m WHERE m.organisation_id = o.id AND subject_id <> $2)
             AND NOT EXISTS (SELECT FROM access.members m WHERE m.organisation_id = o.id AND subject_id <> $2 AND role = 'owner')`,
          [organisation, userId],
        ),
      { organisation },
    );
    return value.map(({ name }) => name);
  });
  return (await Promise.all(names)).flat();
}
