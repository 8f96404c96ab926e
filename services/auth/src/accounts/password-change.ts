import { emailKey } from "./email.ts";
import { record } from "./journal.ts";
import { notify } from "./notices.ts";
import { isTooLong, normalisePassword, refusal } from "./password-policy.ts";
import type { AccountServices } from "./services.ts";
import { signingOut } from "./sign-out.ts";
import { findCredentialsOf, savePassword } from "./users.ts";

/** What came of the change: a sentence for the person when there was none. */
export type ChangeOutcome = { kind: "done" } | { kind: "refused"; field: "current" | "password"; reason: string };

/**
 * Changes the password of somebody signed in, or sets the first one of an account made through an external provider. The present one
 * is asked for even of somebody who has just signed in (ASVS 5.0, 6.2.3). Every other session ends.
 * @throws Problem too_many_requests, unavailable
 */
export async function changePassword(
  services: AccountServices,
  { userId, sessionId, current, password }: { userId: string; sessionId: string; current: string; password: string },
): Promise<ChangeOutcome> {
  const user = await findCredentialsOf(services.db.readPrimary, userId);
  if (!user) return { kind: "refused", field: "current", reason: "There is no such account any more." };
  if (user.passwordHash !== undefined) {
    const guess = await services.limits.guess("password", `change ${userId}`);
    const typed = isTooLong(current) ? "" : normalisePassword(current);
    if (!(await services.passwords.verify(user.passwordHash, typed))) {
      return { kind: "refused", field: "current", reason: "This is not your present password." };
    }
    await guess.succeeded();
  }
  const next = normalisePassword(password);
  const reason = await refusal(next, [user.email ?? "", user.displayName, services.brand], services);
  if (reason !== undefined) return { kind: "refused", field: "password", reason };
  const hash = await services.passwords.hash(next);
  const replace = () =>
    services.db.write(async (query) => {
      await savePassword(query, userId, hash);
      await query("DELETE FROM password_resets WHERE user_id = $1", [userId]);
      await notify(query, services, user, "your password was changed");
    });
  await signingOut(services, { userId, except: sessionId }, replace);
  services.wake();
  if (user.email !== undefined) await services.limits.forgive("password", emailKey(user.email) ?? user.email);
  await record(services, { action: "password.changed", userId });
  return { kind: "done" };
}
