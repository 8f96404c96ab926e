import { Secret, TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  countRecoveryCodes,
  replaceRecoveryCodes,
  useRecoveryCode,
} from "../../services/auth/src/accounts/recovery-codes.ts";
import { requestReset, resetPassword } from "../../services/auth/src/accounts/password-reset.ts";
import { signInWithPassword } from "../../services/auth/src/accounts/sign-in.ts";
import { beginTotp, confirmTotp, hasTotp, removeTotp, verifyTotp } from "../../services/auth/src/accounts/totp.ts";
import type { User } from "../../services/auth/src/accounts/users.ts";
import { from, goodPassword, problemOf, signUp, startWorld, tokenFrom, type World } from "./auth-accounts.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
});

afterAll(() => world[Symbol.asyncDispose]());

/** The code an authenticator app shows, `steps` half minutes from now. */
function codeOf(secret: string, steps = 0): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 });
}

const wrongCode = (secret: string) => String((Number(codeOf(secret)) + 1) % 1_000_000).padStart(6, "0");

/** An account with an app in force. */
async function withApp(): Promise<{ user: User; secret: string; codes: string[] }> {
  const user = await signUp(world);
  const secret = (await beginTotp(world.services, user))?.secret ?? "";
  const codes = await confirmTotp(world.services, user, codeOf(secret, -1));
  if (!codes) throw new Error("the app cannot be confirmed");
  return { user, secret, codes };
}

describe("an authenticator app", () => {
  test("is in force once a code was right, and then asked for after the password", async () => {
    const user = await signUp(world);
    const setup = await beginTotp(world.services, user);
    expect(setup?.uri).toMatch(/^otpauth:\/\/totp\/Purlin:/);
    const secret = setup?.secret ?? "";
    expect(await beginTotp(world.services, user)).toEqual(setup); // the page may be looked at twice
    const signIn = () =>
      from(() => signInWithPassword(world.services, { email: user.email ?? "", password: goodPassword }));
    expect(await signIn()).toMatchObject({ kind: "signed-in" });
    expect(await confirmTotp(world.services, user, wrongCode(secret))).toBeUndefined();
    expect(await verifyTotp(world.services, user.id, codeOf(secret))).toBe(false);
    expect(await confirmTotp(world.services, user, codeOf(secret))).toHaveLength(10);
    expect(await beginTotp(world.services, user)).toBeUndefined(); // its secret is not shown again
    expect(await signIn()).toMatchObject({ kind: "second-step" });
    await removeTotp(world.services, user.id);
    expect(await hasTotp(world.services.db.readPrimary, user.id)).toBe(false);
    expect(await signIn()).toMatchObject({ kind: "signed-in" });
  });

  test("gives codes that are good once, also for many at the same time, and none before it", async () => {
    const { user, secret } = await withApp();
    const code = codeOf(secret);
    const results = await Promise.all(Array.from({ length: 5 }, () => verifyTotp(world.services, user.id, code)));
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(await verifyTotp(world.services, user.id, codeOf(secret, -1))).toBe(false);
  });

  test("may be half a minute off, and no more", async () => {
    const { user, secret } = await withApp();
    expect(await verifyTotp(world.services, user.id, codeOf(secret, 3))).toBe(false);
    expect(await verifyTotp(world.services, user.id, codeOf(secret, 1).replace(/(...)/, "$1 "))).toBe(true);
  });

  test("is not guessed: after a few codes it takes longer and longer", async () => {
    const { user, secret } = await withApp();
    const guesses = await Promise.allSettled(
      Array.from({ length: 50 }, () => verifyTotp(world.services, user.id, wrongCode(secret))),
    );
    expect(guesses.filter(({ status }) => status === "fulfilled").length).toBeLessThanOrEqual(6);
    expect((await problemOf(verifyTotp(world.services, user.id, codeOf(secret)))).code).toBe("too_many_requests");
  });

  test("is asked for after a new password was chosen by mail, too", async () => {
    const { user } = await withApp();
    const email = user.email ?? "";
    await from(() => requestReset(world.services, email));
    const token = await tokenFrom(world, email, /Choose a new password/, "/password/reset");
    const password = "harvest-lantern-cobalt-19";
    expect(await from(() => resetPassword(world.services, { token, password }))).toEqual({ kind: "done" });
    expect(await from(() => signInWithPassword(world.services, { email, password }))).toMatchObject({
      kind: "second-step",
    });
  });

  test("keeps its secret sealed to its own row", async () => {
    const [one, other] = [await withApp(), await withApp()];
    const dump = JSON.stringify(await world.rows("SELECT * FROM totp"));
    expect(dump).not.toContain(one.secret);
    await world.rows(
      `UPDATE totp SET secret = (SELECT secret FROM totp WHERE user_id = '${other.user.id}') WHERE user_id = '${one.user.id}'`,
    );
    await expect(verifyTotp(world.services, one.user.id, codeOf(other.secret))).rejects.toThrow();
  });
});

describe("recovery codes", () => {
  test("work once each, however they are typed, and for nobody else", async () => {
    const { user, codes } = await withApp();
    const other = await withApp();
    const [first = "", second = ""] = codes;
    expect(first).toMatch(/^([0-9A-HJKMNP-TV-Z]{6}-){3}[0-9A-HJKMNP-TV-Z]{6}$/);
    expect(await useRecoveryCode(world.services, other.user.id, first)).toBe(false);
    expect(await useRecoveryCode(world.services, user.id, first.toLowerCase().replaceAll("-", " "))).toBe(true);
    expect(await useRecoveryCode(world.services, user.id, first)).toBe(false);
    const results = await Promise.all(
      Array.from({ length: 4 }, () => useRecoveryCode(world.services, user.id, second)),
    );
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(await countRecoveryCodes(world.services.db.readPrimary, user.id)).toBe(8);
  });

  test("are kept as hashes, and void when new ones are made", async () => {
    const { user, codes } = await withApp();
    const dump = JSON.stringify(await world.rows(`SELECT * FROM recovery_codes WHERE user_id = '${user.id}'`));
    for (const code of codes) expect(dump).not.toContain(code.slice(0, 6));
    const { value: fresh } = await world.services.db.write((query) => replaceRecoveryCodes(query, user.id));
    expect(await useRecoveryCode(world.services, user.id, codes[0] ?? "")).toBe(false);
    expect(await useRecoveryCode(world.services, user.id, fresh[0] ?? "")).toBe(true);
  });
});
