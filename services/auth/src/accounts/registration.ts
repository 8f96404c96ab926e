import { requestContext } from "@purlin/kit/request-context";
import { lifetime } from "../mail/letters.ts";
import { enqueue } from "../mail/outbox.ts";
import { emailKey } from "./email.ts";
import { record } from "./journal.ts";
import { isTooLong, normalisePassword, refusal } from "./password-policy.ts";
import { newToken, tokenHash } from "./secrets.ts";
import type { AccountServices } from "./services.ts";
import { saveStep } from "./steps.ts";
import { tellSubject } from "./subjects.ts";
import { createUser, findUserByEmail, savePassword, type User } from "./users.ts";

export interface Registration {
  email: string;
  displayName: string;
  password: string;
  /** The sign-in it was begun in; it goes on once the address is confirmed. */
  interactionUid: string;
}

/**
 * Takes a registration down and sends a mail to its address: the link that confirms it or, where the address has an
 * account, word of that. Whoever registers cannot tell which; both take one hash and one transaction. Gives a sentence when the
 * password cannot be had.
 * @throws Problem too_many_requests, unavailable
 */
export async function register(services: AccountServices, registration: Registration): Promise<string | undefined> {
  const { passwords, limits, letters, vault } = services;
  const { email, displayName } = registration;
  await limits.count("registerFromAddress", requestContext.getStore()?.address);
  const key = emailKey(email) ?? email;
  const password = normalisePassword(registration.password);
  const problem = await refusal(password, [email, displayName, services.brand], services);
  if (problem !== undefined) return problem;

  const passwordHash = await passwords.hash(password);
  const token = newToken();
  const mayMail = await limits.allows("mailToAddress", `register ${key}`);
  await services.db.write(async (query) => {
    await query(
      `INSERT INTO registrations (token_hash, email, email_key, display_name, password_hash, interaction_uid, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(hours => $7))`,
      [tokenHash(token), email, key, displayName, passwordHash, registration.interactionUid, lifetime.registration],
    );
    const owner = await findUserByEmail(query, key);
    const message = owner
      ? letters.alreadyRegistered({
          name: owner.displayName,
          signIn: services.link("/account"),
          reset: services.link("/password/forgot"),
        })
      : letters.confirmRegistration({ url: services.link(`/register/confirm?token=${token}`) });
    if (mayMail) await enqueue(query, vault, email, message, lifetime.registration);
  });
  services.wake();
  return undefined;
}

interface PendingRegistration {
  user_id: string;
  email: string;
  email_key: string;
  display_name: string;
  password_hash: string;
  interaction_uid: string;
}

/** The address a registration's link confirms; undefined when the link is unknown, used or too old. */
export async function findRegistration(
  services: AccountServices,
  token: string,
): Promise<{ email: string } | undefined> {
  return findPending(services, token);
}

/**
 * Makes the account. The password is asked for again: whoever reads the mail may not be whoever registered, and would
 * otherwise give the address to an account that somebody else can sign in to. Undefined when the link is no good (any more)
 * or the password is another.
 * @throws Problem too_many_requests, unavailable
 */
export async function confirmRegistration(
  services: AccountServices,
  { token, password }: { token: string; password: string },
): Promise<{ user: User; interactionUid: string } | undefined> {
  await services.limits.count("signInFromAddress", requestContext.getStore()?.address);
  const guess = await services.limits.guess("password", `registration ${token}`);
  const pending = await findPending(services, token);
  const typed = isTooLong(password) ? "" : normalisePassword(password);
  if (!(await services.passwords.verify(pending?.password_hash, typed)) || !pending) return undefined;
  await guess.succeeded();
  const { value: user } = await services.db.write(async (query) => {
    const created = await createUser(query, {
      id: pending.user_id,
      email: pending.email,
      emailKey: pending.email_key,
      displayName: pending.display_name,
    });
    if (created) await savePassword(query, created.id, pending.password_hash);
    if (created) await saveStep(query, pending.interaction_uid, { userId: created.id, complete: true, remember: true });
    await query("DELETE FROM registrations WHERE email_key = $1", [pending.email_key]);
    return created;
  });
  if (!user) return undefined;
  await record(services, { action: "user.created", userId: user.id, details: { by: "registration" } });
  await tellSubject(services, user.id);
  return { user, interactionUid: pending.interaction_uid };
}

async function findPending({ db }: AccountServices, token: string): Promise<PendingRegistration | undefined> {
  const [row] = await db.readPrimary<PendingRegistration>(
    "SELECT user_id, email, email_key, display_name, password_hash, interaction_uid FROM registrations WHERE token_hash = $1 AND expires_at > now()",
    [tokenHash(token)],
  );
  return row;
}
