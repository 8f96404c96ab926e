import { requestContext } from "@purlin/kit/request-context";
import { Problem } from "@purlin/kit/problems";
import { isOutdated } from "./argon2.ts";
import { emailKey } from "./email.ts";
import { recordSignIn } from "./journal.ts";
import { isTooLong, normalisePassword } from "./password-policy.ts";
import type { AccountServices } from "./services.ts";
import { tellSubject } from "./subjects.ts";
import { findCredentials, savePassword, type Credentials, type User } from "./users.ts";

/** How far a password got somebody. `refused` does not say why: no such account, no password, the wrong one. */
export type PasswordOutcome = { kind: "signed-in" | "second-step"; user: User } | { kind: "refused" };

/**
 * The first step of signing in. Every refusal costs the same work, whether the account exists or not.
 * `device` names a browser in which the account's owner has signed in before, see devices.ts: guesses made elsewhere do not slow it down.
 * @throws Problem too_many_requests, unavailable
 */
export async function signInWithPassword(
  services: AccountServices,
  { email, password, device }: { email: string; password: string; device?: string | undefined },
): Promise<PasswordOutcome> {
  const key = emailKey(email) ?? "";
  const guess = await admit(services, key, device);
  const credentials = await findCredentials(services.db.readPrimary, key);
  const normalised = isTooLong(password) ? "" : normalisePassword(password);
  if (!(await services.passwords.verify(credentials?.passwordHash, normalised)) || !credentials) {
    await recordSignIn(services, { method: "password", result: "failure", userId: credentials?.id });
    return { kind: "refused" };
  }
  await guess.succeeded();
  await renewHash(services, credentials, normalised);
  if (credentials.hasTotp) {
    await recordSignIn(services, { method: "password", result: "second-step", userId: credentials.id });
    return { kind: "second-step", user: credentials };
  }
  return (await admitUser(services, credentials, "password"))
    ? { kind: "signed-in", user: credentials }
    : { kind: "refused" };
}

/**
 * The last step, however somebody signed in: others must know them before they get tokens. False for one an administrator has
 * disabled.
 */
export async function admitUser(
  services: AccountServices,
  user: User,
  method: Parameters<typeof recordSignIn>[1]["method"],
): Promise<boolean> {
  let disabled = await isDisabled(services, user.id);
  if (disabled === undefined) {
    await tellSubject(services, user.id); // a crash came between the two databases
    disabled = await isDisabled(services, user.id);
  }
  const admitted = disabled === false;
  await recordSignIn(services, { method, result: admitted ? "success" : "failure", userId: user.id });
  return admitted;
}

/** Undefined for somebody others have not heard of. */
async function isDisabled({ app }: AccountServices, id: string): Promise<boolean | undefined> {
  const [subject] = await app.readPrimary<{ disabled: boolean }>(
    "SELECT disabled_at IS NOT NULL AS disabled FROM access.subjects WHERE id = $1",
    [id],
  );
  return subject?.disabled;
}

async function admit(services: AccountServices, key: string, device: string | undefined) {
  try {
    const address = requestContext.getStore()?.address;
    await services.limits.count("signInFromAddress", address);
    const guess = await services.limits.guess("password", device === undefined ? key : `${key} ${device}`);
    const refund = () => services.limits.refund("signInFromAddress", address); // many people may share an address
    return { succeeded: () => Promise.all([guess.succeeded(), refund()]) };
  } catch (error) {
    if (error instanceof Problem) services.metrics.signIn("password", "throttled");
    throw error;
  }
}

/** Only now is the password at hand to be hashed by today's parameters. */
async function renewHash(
  services: AccountServices,
  { id, passwordHash }: Credentials,
  password: string,
): Promise<void> {
  if (passwordHash === undefined || !isOutdated(passwordHash)) return;
  await savePassword(services.db.readPrimary, id, await services.passwords.hash(password));
}
