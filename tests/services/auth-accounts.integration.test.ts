import { randomUUID } from "node:crypto";
import { hash } from "@node-rs/argon2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deleteAccount } from "../../services/auth/src/accounts/deletion.ts";
import { agreeToEmailChange, requestEmailChange } from "../../services/auth/src/accounts/email-change.ts";
import { removeExpired } from "../../services/auth/src/accounts/housekeeping.ts";
import { changePassword } from "../../services/auth/src/accounts/password-change.ts";
import { findReset, requestReset, resetPassword } from "../../services/auth/src/accounts/password-reset.ts";
import { confirmRegistration, register } from "../../services/auth/src/accounts/registration.ts";
import { signInWithPassword } from "../../services/auth/src/accounts/sign-in.ts";
import { findStep } from "../../services/auth/src/accounts/steps.ts";
import { tellSubject, tellSubjectsLeftBehind } from "../../services/auth/src/accounts/subjects.ts";
import { from, goodPassword, newEmail, signUp, startWorld, tokenFrom, type World } from "./auth-accounts.ts";
import { createOrganisation, createSubject, setRole } from "./tenants.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
});

afterAll(() => world[Symbol.asyncDispose]());

const signIn = (email: string, password = goodPassword) =>
  from(() => signInWithPassword(world.services, { email, password }));

const registerAs = (email: string, password = goodPassword, displayName = "Ada") =>
  from(() => register(world.services, { email, displayName, password, interactionUid: randomUUID() }));

async function subject(id: string) {
  const [row] = await world.appRows(`SELECT email, display_name, disabled_at FROM access.subjects WHERE id = '${id}'`);
  return row;
}

async function audited(id: string): Promise<unknown[]> {
  const rows = await world.appRows(
    `SELECT action FROM platform.audit_events WHERE target_id = '${id}' ORDER BY occurred_at`,
  );
  return rows.map(({ action }) => action);
}

describe("registration", () => {
  test("becomes an account with a subject once the address is confirmed with the password", async () => {
    const email = newEmail();
    const uid = randomUUID();
    await from(() =>
      register(world.services, { email, displayName: "Ada", password: goodPassword, interactionUid: uid }),
    );
    expect(await signIn(email)).toEqual({ kind: "refused" });
    const token = await tokenFrom(world, email, /Confirm your address/, "/register/confirm");
    expect(await confirmRegistration(world.services, { token, password: "another-password-1" })).toBeUndefined();
    const confirmed = await confirmRegistration(world.services, { token, password: goodPassword });
    expect(confirmed).toMatchObject({ user: { email, displayName: "Ada" }, interactionUid: uid });
    const id = confirmed?.user.id ?? "";
    expect(await subject(id)).toEqual({ email, display_name: "Ada", disabled_at: null });
    expect(await findStep(world.services.db.readPrimary, uid)).toEqual({ userId: id, complete: true, remember: true });
    expect(await signIn(email)).toMatchObject({ kind: "signed-in", user: { id } });
    expect(await confirmRegistration(world.services, { token, password: goodPassword })).toBeUndefined();
  });

  test("of a known address changes nothing, and tells its owner instead of the one who asks", async () => {
    const user = await signUp(world);
    const email = user.email ?? "";
    expect(await registerAs(email.toUpperCase(), "zebra-lantern-hollow-7")).toBeUndefined();
    expect((await world.mail.next(email.toUpperCase(), /already have an account/)).text).toContain(
      "/auth/password/forgot",
    );
    expect(await signIn(email)).toMatchObject({ kind: "signed-in" });
    expect(await signIn(email, "zebra-lantern-hollow-7")).toEqual({ kind: "refused" });
  });

  test("does not give an address to whoever typed it in first", async () => {
    const email = newEmail("victim");
    await registerAs(email, "attacker-chose-this-1");
    const theirs = await tokenFrom(world, email, /Confirm your address/, "/register/confirm");
    expect(await confirmRegistration(world.services, { token: theirs, password: goodPassword })).toBeUndefined();
    const user = await signUp(world, email);
    expect(
      await confirmRegistration(world.services, { token: theirs, password: "attacker-chose-this-1" }),
    ).toBeUndefined();
    expect(await signIn(email)).toMatchObject({ user: { id: user.id } });
  });

  test.each([
    ["too short", "k8#Qz!p2mW", /at least 12/],
    ["too long", "correct horse ".repeat(20), /at most 128/],
    ["common", "Password1234!", /easy to guess/],
    ["made of what is known of the person", "Lovelace-ada-purlin", /easy to guess/],
    ["a walk over the keyboard", "qwertyuiopasdf", /easy to guess/],
  ])("refuses a password that is %s", async (_name, password, reason) => {
    expect(await registerAs(newEmail("ada.lovelace"), password, "Ada Lovelace")).toMatch(reason);
  });

  test("stores argon2id with OWASP's parameters, and tokens only as hashes", async () => {
    const email = newEmail();
    await registerAs(email);
    const token = await tokenFrom(world, email, /Confirm your address/, "/register/confirm");
    const [row] = await world.rows(
      `SELECT password_hash, encode(token_hash, 'hex') AS token FROM registrations WHERE email = '${email}'`,
    );
    expect(row?.["password_hash"]).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const dump = JSON.stringify([
      await world.rows("SELECT * FROM registrations"),
      await world.rows("SELECT * FROM mails"),
    ]);
    expect(dump).not.toContain(token);
  });

  test("ends in one subject when a crash came between the two databases", async () => {
    const email = newEmail();
    const [row] = await world.rows(
      `INSERT INTO users (email, email_key, display_name) VALUES ('${email}', '${email}', 'Ada') RETURNING id`,
    );
    const id = String(row?.["id"]);
    await world.rows(`INSERT INTO passwords (user_id, hash) VALUES ('${id}', '${await hash(goodPassword)}')`);
    expect(await subject(id)).toBeUndefined();
    expect(await signIn(email)).toMatchObject({ kind: "signed-in" }); // whoever signs in is known to others first
    expect(await subject(id)).toMatchObject({ email });
    await world.rows(`UPDATE users SET display_name = 'Ada L.', version = version + 1 WHERE id = '${id}'`);
    await tellSubjectsLeftBehind(world.services); // and the others are told in the background
    expect(await subject(id)).toMatchObject({ display_name: "Ada L." });
  });

  test("tells the latest to others, however many tell it at once", async () => {
    const { id } = await signUp(world);
    for (let round = 0; round < 5; round++) {
      await world.rows(`UPDATE users SET display_name = 'Ada ${round}', version = version + 1 WHERE id = '${id}'`);
      await Promise.all(Array.from({ length: 8 }, () => tellSubject(world.services, id)));
      expect(await subject(id)).toMatchObject({ display_name: `Ada ${round}` });
    }
  });
});

describe("signing in", () => {
  test("treats one address in all its spellings, and a password in both Unicode forms, alike", async () => {
    const email = `Zoe.${randomUUID().slice(0, 8)}@Bücher.example`;
    const password = "crème-brûlée-harbour-3";
    const user = await signUp(world, email, password.normalize("NFD"));
    const spelling = email.normalize("NFD").toUpperCase().replace(/@.*/, "@xn--bcher-kva.example");
    expect(await signIn(spelling, password.normalize("NFC"))).toMatchObject({ user: { id: user.id } });
    expect(await signIn(email, password.replace("è", "e"))).toEqual({ kind: "refused" });
  });

  test("makes a hash anew that was made with weaker parameters", async () => {
    const user = await signUp(world);
    const weak = await hash(goodPassword, { memoryCost: 4096, timeCost: 1 });
    await world.rows(`UPDATE passwords SET hash = '${weak}' WHERE user_id = '${user.id}'`);
    expect(await signIn(user.email ?? "", "a-wrong-password-1")).toEqual({ kind: "refused" });
    expect((await world.rows(`SELECT hash FROM passwords WHERE user_id = '${user.id}'`))[0]?.["hash"]).toBe(weak);
    expect(await signIn(user.email ?? "")).toMatchObject({ kind: "signed-in" });
    const [row] = await world.rows(`SELECT hash FROM passwords WHERE user_id = '${user.id}'`);
    expect(row?.["hash"]).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await signIn(user.email ?? "")).toMatchObject({ kind: "signed-in" });
  });

  test("is refused to somebody an administrator has disabled", async () => {
    const user = await signUp(world);
    await world.appRows(`UPDATE access.subjects SET disabled_at = now() WHERE id = '${user.id}'`);
    expect(await signIn(user.email ?? "")).toEqual({ kind: "refused" });
  });

  test("is written down for the owner, the audit log and the figures", async () => {
    const user = await signUp(world);
    const count = async () => {
      const text = (await world.instances[0]?.metrics.registry.metrics()) ?? "";
      const line = (result: string) =>
        new RegExp(`auth_sign_in_total\\{method="password",result="${result}"\\} (\\d+)`).exec(text)?.[1];
      return { failure: Number(line("failure") ?? 0), success: Number(line("success") ?? 0) };
    };
    const before = await count();
    await signIn(user.email ?? "", "a-wrong-password-1");
    await signIn(user.email ?? "");
    expect(await count()).toEqual({ failure: before.failure + 1, success: before.success + 1 });
    expect(await audited(user.id)).toEqual(["user.created", "session.refused", "session.started"]);
    const attempts = await world.rows(`SELECT result FROM sign_in_attempts WHERE user_id = '${user.id}' ORDER BY id`);
    expect(attempts).toEqual([{ result: "failure" }, { result: "success" }]);
    await removeExpired(world.services.db.readPrimary);
    expect(await world.rows(`SELECT count(*)::int AS n FROM sign_in_attempts WHERE user_id = '${user.id}'`)).toEqual([
      { n: 2 },
    ]);
  });
});

describe("a password reset", () => {
  const newPassword = "marble-otter-compass-5";
  const ask = (email: string) => from(() => requestReset(world.services, email));
  const token = (email: string) => tokenFrom(world, email, /Choose a new password/, "/password/reset");

  test("sets the password once, ends every session and uses up every other link", async () => {
    const user = await signUp(world);
    const email = user.email ?? "";
    await ask(email);
    const first = await token(email);
    const sent = world.mail.mails.length;
    await ask(email);
    await expect.poll(() => world.mail.mails.length, { timeout: 10_000 }).toBeGreaterThan(sent);
    const second = await token(email);
    expect(second).not.toBe(first);
    expect(await resetPassword(world.services, { token: second, password: "password" })).toMatchObject({
      kind: "refused",
    });
    expect(await resetPassword(world.services, { token: second, password: newPassword })).toEqual({ kind: "done" });
    for (const used of [first, second]) {
      expect(await resetPassword(world.services, { token: used, password: "willow-anchor-pepper-4" })).toEqual({
        kind: "gone",
      });
    }
    expect(world.instances[0]?.ended).toContainEqual({ accountId: user.id, except: undefined });
    expect(await signIn(email)).toEqual({ kind: "refused" });
    expect(await signIn(email, newPassword)).toMatchObject({ kind: "signed-in" });
    expect(await audited(user.id)).toContain("password.reset");
    expect((await world.mail.next(email, /your password was changed/)).text).toContain("/auth/account");
  });

  test("is not done when nobody can be signed out now: the link stays good", async () => {
    const user = await signUp(world);
    await ask(user.email ?? "");
    const link = await token(user.email ?? "");
    const sessions = { endAll: () => Promise.reject(new Error("away")) };
    const attempt = resetPassword({ ...world.services, sessions }, { token: link, password: newPassword });
    await expect(attempt).rejects.toThrow("away");
    expect(await signIn(user.email ?? "")).toMatchObject({ kind: "signed-in" });
    expect(await resetPassword(world.services, { token: link, password: newPassword })).toEqual({ kind: "done" });
  });

  test("is done once, however many come with the link at the same time", async () => {
    const user = await signUp(world);
    await ask(user.email ?? "");
    const link = await token(user.email ?? "");
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        resetPassword(world.services, { token: link, password: `${newPassword}${n}` }),
      ),
    );
    expect(outcomes.filter(({ kind }) => kind === "done")).toHaveLength(1);
  });

  test("is over after its time, and for an unknown address never begins", async () => {
    const user = await signUp(world);
    await ask(user.email ?? "");
    const link = await token(user.email ?? "");
    await world.rows(
      `UPDATE password_resets SET expires_at = now() - interval '1 second' WHERE user_id = '${user.id}'`,
    );
    expect(await findReset(world.services, link)).toBeUndefined();
    expect(await resetPassword(world.services, { token: link, password: newPassword })).toEqual({ kind: "gone" });
    const before = world.mail.mails.length;
    await ask(newEmail("nobody"));
    await ask(user.email ?? "");
    await world.mail.next(user.email ?? "", /Choose a new password/);
    await expect
      .poll(async () => (await world.rows("SELECT count(*)::int AS n FROM reset_requests"))[0]?.["n"])
      .toBe(0);
    await expect.poll(() => world.mail.mails.length, { timeout: 10_000 }).toBe(before + 1);
  });
});

describe("an account", () => {
  test("changes its password with the present one, and ends every other session", async () => {
    const user = await signUp(world);
    const change = (current: string, password: string) =>
      changePassword(world.services, { userId: user.id, sessionId: "this-one", current, password });
    expect(await change("not-my-password-1", "marble-otter-compass-5")).toMatchObject({
      kind: "refused",
      field: "current",
    });
    expect(await change(goodPassword, "short")).toMatchObject({ kind: "refused", field: "password" });
    expect(await change(goodPassword, "marble-otter-compass-5")).toEqual({ kind: "done" });
    expect(world.instances[0]?.ended).toContainEqual({ accountId: user.id, except: "this-one" });
    expect(await signIn(user.email ?? "", "marble-otter-compass-5")).toMatchObject({ kind: "signed-in" });
    expect(await audited(user.id)).toContain("password.changed");
  });

  test("changes its address once both ends have agreed", async () => {
    const user = await signUp(world);
    const [old, wanted] = [user.email ?? "", newEmail("moved")];
    await requestEmailChange(world.services, user.id, wanted);
    const oldToken = await tokenFrom(world, old, /about to change/, "/email/agree");
    const newToken = await tokenFrom(world, wanted, /Confirm your new address/, "/email/agree");
    expect(await agreeToEmailChange(world.services, newToken)).toBe("waits-for-other-end");
    expect(await agreeToEmailChange(world.services, newToken)).toBe("waits-for-other-end");
    expect(await subject(user.id)).toMatchObject({ email: old });
    expect(await agreeToEmailChange(world.services, oldToken)).toBe("changed");
    expect(await agreeToEmailChange(world.services, oldToken)).toBe("gone");
    expect(await subject(user.id)).toMatchObject({ email: wanted });
    expect(await signIn(old)).toEqual({ kind: "refused" });
    expect(await signIn(wanted)).toMatchObject({ user: { id: user.id } });
    const successor = await signUp(world, old); // the old address is free, also where others see it
    expect(await subject(successor.id)).toMatchObject({ email: old });
  });

  test("does not get an address that somebody else has", async () => {
    const [one, other] = [await signUp(world), await signUp(world)];
    await requestEmailChange(world.services, one.id, other.email ?? "");
    const token = await tokenFrom(world, one.email ?? "", /about to change/, "/email/agree");
    expect(await agreeToEmailChange(world.services, token)).toBe("waits-for-other-end");
    expect(world.mail.mails.filter(({ to, subject }) => to === other.email && /new address/.test(subject))).toEqual([]);
  });

  test("is deleted with all that proves who they were; what they left behind is a deleted user's", async () => {
    const [user, other] = [await signUp(world), await createSubject(world.daemons, "Grace")];
    const organisation = await createOrganisation(world.daemons, "Engines", user.id);
    await setRole(world.daemons, organisation, other, "member");
    expect(await deleteAccount(world.services, user.id)).toEqual(["Engines"]);
    await setRole(world.daemons, organisation, other, "owner");
    expect(await deleteAccount(world.services, user.id)).toEqual([]);
    expect(await subject(user.id)).toMatchObject({
      email: null,
      display_name: "Deleted user",
      disabled_at: expect.any(Date) as Date,
    });
    expect(await world.appRows(`SELECT FROM access.members WHERE subject_id = '${user.id}'`)).toEqual([]);
    expect(await world.rows(`SELECT FROM users WHERE id = '${user.id}'`)).toEqual([]);
    expect(await signIn(user.email ?? "")).toEqual({ kind: "refused" });
    expect(world.instances[0]?.ended).toContainEqual({ accountId: user.id, except: undefined });
  });
});
