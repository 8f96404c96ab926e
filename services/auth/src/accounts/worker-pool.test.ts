import { afterEach, expect, test } from "vitest";
import { Problem } from "@purlin/kit/problems";
import type { PasswordValue, PasswordWork } from "./password-worker.ts";
import { createWorkerPool, type WorkerPool } from "./worker-pool.ts";

let pool: WorkerPool<PasswordWork, PasswordValue>;

afterEach(() => pool.close());

function open(options: { threads?: number; maxWait?: number; maxWaiting?: number } = {}) {
  const script = new URL("password-worker", import.meta.url);
  pool = createWorkerPool({ script, threads: 1, maxWait: 60_000, maxWaiting: 100, ...options });
  return pool;
}

const work: PasswordWork = { kind: "hash", password: "a password" };

test("work is done in the order it came", async () => {
  const { run } = open();
  const done: number[] = [];
  await Promise.all(Array.from({ length: 6 }, (_, n) => run(work).then(() => done.push(n))));
  expect(done).toEqual([0, 1, 2, 3, 4, 5]);
});

test("past what may wait, and for what waited too long, the answer is that it does not work now, and when to come back", async () => {
  const full = open({ maxWaiting: 2 });
  const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => full.run(work)));
  expect(outcomes.map(({ status }) => status)).toEqual([
    ...Array<string>(3).fill("fulfilled"),
    ...Array<string>(3).fill("rejected"),
  ]);
  await full.close();

  const slow = open({ maxWait: 1 });
  const late = await Promise.allSettled(Array.from({ length: 20 }, () => slow.run(work)));
  const reasons = late.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
  expect(reasons.length).toBeGreaterThan(0);
  for (const reason of reasons) {
    expect(reason).toBeInstanceOf(Problem);
    expect(reason).toMatchObject({ code: "unavailable", options: { headers: { "retry-after": "2" } } });
  }
  expect(slow.waiting()).toBe(0);
});

test("work that fails is its own failure; the thread goes on", async () => {
  const { run } = open();
  await expect(run({ kind: "verify", password: "x", hash: "not a hash" })).rejects.toThrow();
  expect(await run(work)).toMatch(/^\$argon2id\$/);
});

test("the event loop is free while passwords are hashed", async () => {
  const { run } = open({ threads: 2 });
  await run(work); // the threads are up
  const busy = Promise.all(Array.from({ length: 40 }, () => run(work)));
  const before = performance.eventLoopUtilization();
  await busy;
  expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5);
});
