import { lifetime } from "../mail/letters.ts";
import { enqueue } from "../mail/outbox.ts";
import { emailKey } from "./email.ts";
import { record } from "./journal.ts";
import { newToken, tokenHash } from "./secrets.ts";
import type { AccountServices } from "./services.ts";
import { tellSubject } from "./subjects.ts";
import { findUser } from "./users.ts";

/**
 * Begins the change to another address: both ends get a link and have to agree. A change begun earlier is dropped. Nothing
 * tells whether the new address has an account already: then the change never comes about, and its owner is not bothered.
 */
export async function requestEmailChange(services: AccountServices, userId: string, email: string): Promise<void> {
  const user = await findUser(services.db.readPrimary, userId);
  if (!user || !(await services.limits.allows("mailToAddress", `change ${userId}`))) return;
  const key = emailKey(email) ?? email;
  const tokens = { old: newToken(), new: newToken() };
  const { letters, vault } = services;
  const url = (token: string) => services.link(`/email/agree?token=${token}`);
  await services.db.write(async (query) => {
    await query("DELETE FROM email_changes WHERE user_id = $1", [userId]);
    await query(
      `INSERT INTO email_changes (user_id, email, email_key, old_token_hash, new_token_hash, old_agreed_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, CASE WHEN $6 THEN now() END, now() + make_interval(hours => $7))`,
      [
        userId,
        email,
        key,
        tokenHash(tokens.old),
        tokenHash(tokens.new),
        user.email === undefined,
        lifetime.emailChange,
      ],
    );
    const [taken] = await query("SELECT FROM users WHERE email_key = $1", [key]);
    const about = { name: user.displayName, address: email };
    if (!taken)
      await enqueue(
        query,
        vault,
        email,
        letters.agreeToNewAddress({ ...about, url: url(tokens.new) }),
        lifetime.emailChange,
      );
    if (user.email === undefined) return;
    await enqueue(
      query,
      vault,
      user.email,
      letters.agreeToLeaveAddress({ ...about, url: url(tokens.old) }),
      lifetime.emailChange,
    );
  });
  services.wake();
  await record(services, { action: "email.change_requested", userId });
}

/** What following a link came to. */
export type Agreement = "changed" | "waits-for-other-end" | "gone";

/** The address the link's change is to; undefined when the link is unknown or too old. */
export async function findEmailChange({ db }: AccountServices, token: string): Promise<string | undefined> {
  const [row] = await db.readPrimary<{ email: string }>(
    "SELECT email FROM email_changes WHERE $1 IN (old_token_hash, new_token_hash) AND expires_at > now()",
    [tokenHash(token)],
  );
  return row?.email;
}

/** One end agrees; with both, the change is made. */
export async function agreeToEmailChange(services: AccountServices, token: string): Promise<Agreement> {
  const { value } = await services.db.write(async (query) => {
    const [change] = await query<{ user_id: string; email: string; email_key: string; complete: boolean }>(
      `UPDATE email_changes SET
         old_agreed_at = CASE WHEN old_token_hash = $1 THEN now() ELSE old_agreed_at END,
         new_agreed_at = CASE WHEN new_token_hash = $1 THEN now() ELSE new_agreed_at END
       WHERE $1 IN (old_token_hash, new_token_hash) AND expires_at > now()
       RETURNING user_id, email, email_key, old_agreed_at IS NOT NULL AND new_agreed_at IS NOT NULL AS complete`,
      [tokenHash(token)],
    );
    if (!change) return { agreement: "gone" as const };
    if (!change.complete) return { agreement: "waits-for-other-end" as const };
    await query("DELETE FROM email_changes WHERE user_id = $1", [change.user_id]);
    await query("DELETE FROM password_resets WHERE user_id = $1", [change.user_id]); // they went to the old address
    const changed = await query(
      `UPDATE users SET email = $2, email_key = $3, version = version + 1
       WHERE id = $1 AND NOT EXISTS (SELECT FROM users WHERE email_key = $3) RETURNING id`,
      [change.user_id, change.email, change.email_key],
    );
    return changed.length > 0
      ? { agreement: "changed" as const, userId: change.user_id }
      : { agreement: "gone" as const };
  });
  if (value.userId !== undefined) {
    await record(services, { action: "email.changed", userId: value.userId });
    await tellSubject(services, value.userId);
  }
  return value.agreement;
}
