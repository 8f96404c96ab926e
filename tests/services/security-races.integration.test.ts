import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newChallenge, spendChallenge } from "../../services/auth/src/accounts/challenges.ts";
import { agreeToEmailChange, requestEmailChange } from "../../services/auth/src/accounts/email-change.ts";
import { confirmRegistration, register } from "../../services/auth/src/accounts/registration.ts";
import { newToken } from "../../services/auth/src/accounts/secrets.ts";
import { from, goodPassword, newEmail, signUp, startWorld, tokenFrom, type World } from "./auth-accounts.ts";

/*
 * What is good once, tried many times at once over two instances (OWASP ASVS 5.0, 2.3.4 and 6.5.1). Others of its kind are tried where they
 * are at home: codes and refresh tokens, resets, invitations, authenticator and recovery codes.
 */
let world: World;
beforeAll(async () => {
  world = await startWorld({ instances: 2 });
});
afterAll(() => world[Symbol.asyncDispose]());

/** What `work` gave where it was not refused, of eight times at once, four on each instance. */
async function atOnce<T>(work: (services: World["services"]) => Promise<T>): Promise<T[]> {
  const attempts = Array.from({ length: 8 }, (_, at) => {
    const instance = world.instances[at % 2];
    if (!instance) throw new Error("there are two instances");
    return from(() => work(instance.services));
  });
  return (await Promise.allSettled(attempts)).flatMap((result) =>
    result.status === "fulfilled" ? [result.value] : [],
  );
}

const registerAs = (email: string, interactionUid: string) =>
  from(() => register(world.services, { email, displayName: "Ada", password: goodPassword, interactionUid }));

test("the link of a registration makes one account, and signs in once", async () => {
  const email = newEmail();
  await registerAs(email, randomUUID());
  const token = await tokenFrom(world, email, /Confirm your address/, "/register/confirm");
  const confirmed = await atOnce((services) => confirmRegistration(services, { token, password: goodPassword }));
  expect(confirmed.filter((one) => one !== undefined)).toHaveLength(1);
  expect(await world.rows(`SELECT id FROM users WHERE email = '${email}'`)).toHaveLength(1);
});

test("two registrations of one address confirmed at once make one account", async () => {
  const email = newEmail();
  const uids = [randomUUID(), randomUUID()];
  const tokens: string[] = [];
  for (const uid of uids) {
    const before = world.mail.mails.length;
    await registerAs(email, uid);
    const { link } = await world.mail.next(email, /Confirm your address/, before);
    tokens.push(new URL(link("/register/confirm")).searchParams.get("token") ?? "");
  }
  let turn = 0;
  const confirmed = await atOnce((services) =>
    confirmRegistration(services, { token: tokens[turn++ % 2] ?? "", password: goodPassword }),
  );
  expect(confirmed.filter((one) => one !== undefined)).toHaveLength(1);
});

test("an address changes once, when both ends agree many times at once", async () => {
  const user = await signUp(world);
  const email = newEmail("another");
  await from(() => requestEmailChange(world.services, user.id, email));
  const tokens = [
    await tokenFrom(world, user.email ?? "", /about to change/, "/email/agree"),
    await tokenFrom(world, email, /new address/, "/email/agree"),
  ];
  let turn = 0;
  const agreed = await atOnce((services) => agreeToEmailChange(services, tokens[turn++ % 2] ?? ""));
  expect(agreed.filter((one) => one === "changed")).toHaveLength(1);
  expect(await world.rows(`SELECT email FROM users WHERE id = '${user.id}'`)).toEqual([{ email }]);
});

test("of two people who change to one address at once one gets it", async () => {
  const email = newEmail("wanted");
  const people = [await signUp(world), await signUp(world)];
  const tokens: string[] = [];
  for (const { id, email: old = "" } of people) {
    const before = world.mail.mails.length;
    await from(() => requestEmailChange(world.services, id, email));
    for (const address of [old, email]) {
      const { link } = await world.mail.next(address, /new address|about to change/, before);
      tokens.push(new URL(link("/email/agree")).searchParams.get("token") ?? "");
    }
  }
  const agreed = await Promise.allSettled(tokens.map((token) => from(() => agreeToEmailChange(world.services, token))));
  expect(agreed.filter((one) => one.status === "fulfilled" && one.value === "changed")).toHaveLength(1);
  expect(await world.rows(`SELECT id FROM users WHERE email = '${email}'`)).toHaveLength(1);
});

test("a challenge of a passkey is spent once", async () => {
  const boundTo = randomUUID();
  const challenge = Buffer.from(await newChallenge(world.services.db.readPrimary, boundTo)).toString("base64url");
  const spent = await atOnce(({ db }) => spendChallenge(db.readPrimary, boundTo, challenge));
  expect(spent.filter(Boolean)).toHaveLength(1);
  expect(await spendChallenge(world.services.db.readPrimary, randomUUID(), challenge)).toBe(false);
});

test("tokens of links have 256 random bits, and none is in the database", async () => {
  const tokens = Array.from({ length: 100 }, () => newToken());
  expect(new Set(tokens).size).toBe(100);
  for (const token of tokens) expect(Buffer.from(token, "base64url")).toHaveLength(32);
  const email = newEmail();
  await registerAs(email, randomUUID());
  const token = await tokenFrom(world, email, /Confirm your address/, "/register/confirm");
  const rows = JSON.stringify(
    await world.rows("SELECT r::text FROM registrations r UNION ALL SELECT m::text FROM mails m"),
  );
  expect(rows).toContain(email);
  expect(rows).not.toContain(token);
});
