import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { issueDevice, readDevice } from "../../services/auth/src/accounts/devices.ts";
import { requestReset, resetPassword } from "../../services/auth/src/accounts/password-reset.ts";
import { register } from "../../services/auth/src/accounts/registration.ts";
import type { AccountServices } from "../../services/auth/src/accounts/services.ts";
import { signInWithPassword } from "../../services/auth/src/accounts/sign-in.ts";
import { from, goodPassword, newEmail, problemOf, signUp, startWorld, tokenFrom, type World } from "./auth-accounts.ts";
import { eventually } from "./daemons.ts";

let world: World;
let second: AccountServices;

beforeAll(async () => {
  world = await startWorld({ instances: 2 });
  const [, other] = world.instances;
  if (!other) throw new Error("there are two instances");
  second = other.services;
});

afterAll(() => world[Symbol.asyncDispose]());

interface Attempt {
  password?: string;
  device?: string | undefined;
  address?: string;
  services?: AccountServices;
}

const attempt = (
  email: string,
  { password = "a-wrong-password-1", device, address, services = world.services }: Attempt = {},
) => from(() => signInWithPassword(services, { email, password, device }), address);

/** Wrong guesses until one is refused unseen; gives the problem and how many were looked at. */
async function guessUntilThrottled(email: string, options: Attempt = {}) {
  for (let seen = 0; seen < 20; seen++) {
    const outcome = await attempt(email, options).catch((error: unknown) => error);
    if (outcome instanceof Error) return { seen, problem: await problemOf(Promise.reject(outcome)) };
  }
  throw new Error("20 wrong guesses were looked at");
}

describe("guesses at one account", () => {
  test("are slowed down after a few, on all instances together, whether there is such an account or not", async () => {
    const known = (await signUp(world)).email ?? "";
    const unknown = newEmail("nobody");
    for (const email of [known, unknown]) {
      for (let n = 0; n < 6; n++) await attempt(email, { services: n % 2 === 0 ? world.services : second });
      const problem = await problemOf(attempt(email, { services: second }));
      expect(problem.code).toBe("too_many_requests");
      expect(Number(problem.options.headers?.["retry-after"])).toBeGreaterThanOrEqual(10);
    }
    expect((await problemOf(attempt(known, { password: goodPassword }))).code).toBe("too_many_requests");
  });

  test("count when they are made, so that many at once are not more than many one by one", async () => {
    const email = (await signUp(world)).email ?? "";
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => attempt(email)));
    expect(outcomes.filter(({ status }) => status === "fulfilled").length).toBeLessThanOrEqual(6);
  });

  test("are forgotten when the right password comes in time", async () => {
    const email = (await signUp(world)).email ?? "";
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 4; n++) await attempt(email);
      expect(await attempt(email, { password: goodPassword })).toMatchObject({ kind: "signed-in" });
    }
  });

  test("made elsewhere do not keep the owner out of a browser they signed in with before", async () => {
    const email = (await signUp(world)).email ?? "";
    await guessUntilThrottled(email);
    const note = issueDevice(world.services.vault, email, "nonce");
    const device = readDevice(world.services.vault, email, note);
    expect(await attempt(email, { password: goodPassword, device })).toMatchObject({ kind: "signed-in" });
    expect(readDevice(world.services.vault, newEmail(), note)).toBeUndefined(); // of another account
    expect(readDevice(world.services.vault, email, "nonce.c2lnbmF0dXJl")).toBeUndefined(); // made up
    expect((await guessUntilThrottled(email, { device })).seen).toBeLessThanOrEqual(6); // nor is it a way around
  });

  test("never lock the owner out: a new password by mail works at once", async () => {
    const email = (await signUp(world)).email ?? "";
    await guessUntilThrottled(email);
    await from(() => requestReset(world.services, email));
    const token = await tokenFrom(world, email, /Choose a new password/, "/password/reset");
    const password = "marble-otter-compass-5";
    expect(await resetPassword(world.services, { token, password })).toEqual({ kind: "done" });
    expect(await attempt(email, { password })).toMatchObject({ kind: "signed-in" });
  });
});

describe("one address", () => {
  test("may not try the accounts of many", async () => {
    const address = "2001:db8:7:7::1";
    const { code } = await problemOf(
      (async () => {
        // the whole /64 is one party's
        for (let n = 0; n < 100; n++) await attempt(newEmail(), { address: `2001:db8:7:7::${n.toString(16)}` });
      })(),
    );
    expect(code).toBe("too_many_requests");
    expect((await problemOf(attempt(newEmail(), { address }))).code).toBe("too_many_requests");
    expect(await attempt(newEmail(), { address: "2001:db8:7:8::1" })).toEqual({ kind: "refused" });
  });

  test("may sign in as many people as work behind it", async () => {
    const email = (await signUp(world)).email ?? "";
    for (let n = 0; n < 80; n++) {
      expect(await attempt(email, { password: goodPassword, address: "192.0.2.9" })).toMatchObject({
        kind: "signed-in",
      });
    }
  });

  test("may not ask for mails without end, nor anybody for one reader", async () => {
    const email = (await signUp(world)).email ?? "";
    const before = world.mail.mails.filter(({ to }) => to === email).length;
    for (let n = 0; n < 8; n++) await from(() => requestReset(world.services, email));
    const other = newEmail();
    for (let n = 0; n < 8; n++) {
      const registration = { email: other, displayName: "Ada", password: goodPassword, interactionUid: randomUUID() };
      expect(await from(() => register(world.services, registration))).toBeUndefined(); // the same answer each time
    }
    await expect
      .poll(async () => (await world.rows("SELECT count(*)::int AS n FROM mails"))[0]?.["n"], { timeout: 20_000 })
      .toBe(0);
    expect(world.mail.mails.filter(({ to }) => to === email).length - before).toBe(4);
    expect(world.mail.mails.filter(({ to }) => to === other)).toHaveLength(4);
    const flood = (async () => {
      for (let n = 0; n < 40; n++) await from(() => requestReset(world.services, newEmail()), "192.0.2.10");
    })();
    expect((await problemOf(flood)).code).toBe("too_many_requests");
  });
});

test("without Redis, signing in works and guesses are limited all the same", async () => {
  const email = (await signUp(world)).email ?? "";
  await world.daemons.redis.kill();
  try {
    expect(await attempt(email, { password: goodPassword })).toMatchObject({ kind: "signed-in" });
    expect((await guessUntilThrottled(email)).seen).toBeLessThanOrEqual(6);
  } finally {
    await world.daemons.redis.start();
  }
  await eventually(async () =>
    expect(await attempt(email, { password: goodPassword, services: second })).toMatchObject({ kind: "signed-in" }),
  );
});
