import { requestContext } from "@purlin/kit/request-context";
import type { Query } from "@purlin/kit/pool";
import { lifetime } from "../mail/letters.ts";
import { enqueue } from "../mail/outbox.ts";
import { emailKey } from "./email.ts";
import { record } from "./journal.ts";
import { normalisePassword, refusal } from "./password-policy.ts";
import { notify } from "./notices.ts";
import { newToken, tokenHash } from "./secrets.ts";
import type { AccountServices } from "./services.ts";
import { signingOut } from "./sign-out.ts";
import { findUser, findUserByEmail, savePassword, type User } from "./users.ts";

const batch = 20;

/**
 * Asks for a link to choose a new password. Whether the address has an account is only looked into afterwards, see
 * answerResetRequests: the answer, and the time it takes, cannot tell.
 * @throws Problem too_many_requests by the asking address only
 */
export async function requestReset(services: AccountServices, email: string): Promise<void> {
  await services.limits.count("resetFromAddress", requestContext.getStore()?.address);
  const key = emailKey(email) ?? email;
  if (!(await services.limits.allows("mailToAddress", `reset ${key}`))) return;
  await services.db.readPrimary("INSERT INTO reset_requests (email_key) VALUES ($1)", [key]);
  services.wake();
}

/** Mails a link to those who asked for one and have an account. True when there may be more. */
export async function answerResetRequests(
  services: Pick<AccountServices, "db" | "vault" | "letters" | "link">,
): Promise<boolean> {
  const { value: answered } = await services.db.write(async (query) => {
    const requests = await query<{ email_key: string }>(
      `DELETE FROM reset_requests WHERE id IN (SELECT id FROM reset_requests ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
       RETURNING email_key`,
      [batch],
    );
    for (const { email_key: key } of requests) {
      const user = await findUserByEmail(query, key);
      if (user) await mailReset(query, services, user);
    }
    return requests.length;
  });
  return answered === batch;
}

async function mailReset(
  query: Query,
  { vault, letters, link }: Pick<AccountServices, "vault" | "letters" | "link">,
  user: User,
): Promise<void> {
  if (user.email === undefined) return;
  const token = newToken();
  await query(
    "INSERT INTO password_resets (token_hash, user_id, expires_at) VALUES ($1, $2, now() + make_interval(hours => $3))",
    [tokenHash(token), user.id, lifetime.reset],
  );
  const message = letters.resetPassword({ name: user.displayName, url: link(`/password/reset?token=${token}`) });
  await enqueue(query, vault, user.email, message, lifetime.reset);
}

/** Whose password a link resets; undefined when the link is unknown, used or too old. */
export async function findReset(services: AccountServices, token: string): Promise<User | undefined> {
  return findTarget(services.db.readPrimary, token);
}

/** What came of a reset: a sentence when the password cannot be had, or that the link is no good (any more). */
export type ResetOutcome = { kind: "done" } | { kind: "gone" } | { kind: "refused"; reason: string };

/**
 * Sets a new password. The link is used up with all others of the account, everybody is signed out, guesses so far are
 * forgotten. A second factor stays: a mailbox is not enough to get in where one is in force.
 */
export async function resetPassword(
  services: AccountServices,
  { token, password }: { token: string; password: string },
): Promise<ResetOutcome> {
  const target = await findTarget(services.db.readPrimary, token);
  if (!target) return { kind: "gone" };
  const typed = normalisePassword(password);
  const reason = await refusal(typed, [target.email ?? "", target.displayName, services.brand], services);
  if (reason !== undefined) return { kind: "refused", reason };
  const hash = await services.passwords.hash(typed);
  const replace = () =>
    services.db.write(async (query) => {
      const [used] = await query<{ user_id: string }>(
        "DELETE FROM password_resets WHERE token_hash = $1 AND expires_at > now() RETURNING user_id",
        [tokenHash(token)],
      );
      if (!used) return undefined; // somebody was faster
      await query("DELETE FROM password_resets WHERE user_id = $1", [used.user_id]);
      await savePassword(query, used.user_id, hash);
      await notify(query, services, target, "your password was changed");
      return findUser(query, used.user_id);
    });
  const { value: user } = await signingOut(services, { userId: target.id }, replace);
  if (!user) return { kind: "gone" };
  services.wake();
  if (user.email !== undefined) await services.limits.forgive("password", emailKey(user.email) ?? user.email);
  await record(services, { action: "password.reset", userId: user.id });
  return { kind: "done" };
}

async function findTarget(query: Query, token: string): Promise<User | undefined> {
  const [row] = await query<{ user_id: string }>(
    "SELECT user_id FROM password_resets WHERE token_hash = $1 AND expires_at > now()",
    [tokenHash(token)],
  );
  return row && findUser(query, row.user_id);
}
