import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requestReset } from "../../services/auth/src/accounts/password-reset.ts";
import { register } from "../../services/auth/src/accounts/registration.ts";
import { signInWithPassword } from "../../services/auth/src/accounts/sign-in.ts";
import { from, goodPassword, newEmail, signUp, startWorld, type World } from "./auth-accounts.ts";

/*
 * Nobody can tell who has an account: not from the answer, not from its time. Times are compared as an attacker would, over many
 * attempts taken in turn, so that whatever else the machine does falls on both alike.
 */
let world: World;
let accounts: string[];

const pairs = 40;

beforeAll(async () => {
  world = await startWorld();
  accounts = [];
  for (let n = 0; n < pairs; n++) accounts.push((await signUp(world)).email ?? "");
});

afterAll(() => world[Symbol.asyncDispose]());

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** How much longer `ask` takes for accounts there are than for ones there are not. */
async function ratio(ask: (email: string) => Promise<unknown>): Promise<number> {
  const times = { known: [] as number[], unknown: [] as number[] };
  for (const [n, known] of accounts.entries()) {
    const turns = [
      ["known", known],
      ["unknown", newEmail("nobody")],
    ] as const;
    for (const [kind, email] of n % 2 === 0 ? turns : turns.toReversed()) {
      times[kind].push(await milliseconds(() => from(() => ask(email))));
    }
  }
  return median(times.known) / median(times.unknown);
}

describe("whether an address has an account cannot be told from", () => {
  test("signing in with a wrong password", async () => {
    const answers = new Set<string>();
    const found = await ratio(async (email) => {
      answers.add(JSON.stringify(await signInWithPassword(world.services, { email, password: "a-wrong-password-1" })));
    });
    expect([...answers]).toEqual(['{"kind":"refused"}']);
    expect(found).toBeGreaterThan(0.75);
    expect(found).toBeLessThan(1.33);
  });

  test("registering", async () => {
    const found = await ratio(async (email) => {
      const registration = { email, displayName: "Ada", password: goodPassword, interactionUid: randomUUID() };
      expect(await register(world.services, registration)).toBeUndefined();
    });
    expect(found).toBeGreaterThan(0.75);
    expect(found).toBeLessThan(1.33);
  });

  test("asking for a new password", async () => {
    const found = await ratio((email) => requestReset(world.services, email));
    expect(found).toBeGreaterThan(0.6); // a few milliseconds in all: two statements, where a mail would be four more
    expect(found).toBeLessThan(1.67);
  });

  test("and this would be seen: an attempt that skips the hash is far from alike", async () => {
    const found = await ratio((email) =>
      accounts.includes(email)
        ? signInWithPassword(world.services, { email, password: "a-wrong-password-1" })
        : world.services.db.readPrimary("SELECT 1"),
    );
    expect(found).toBeGreaterThan(1.67);
  });
});
