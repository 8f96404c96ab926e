import { performance } from "node:perf_hooks";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFreshCache } from "./access-fresh.ts";

/** Milliseconds; time passes when a test says so. */
let clock: number;
beforeEach(() => {
  clock = 1_000;
  vi.spyOn(performance, "now").mockImplementation(() => clock);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A cache whose loads end when a test says so, each with its own answer. */
function controlled() {
  const loads: PromiseWithResolvers<{ load: number }>[] = [];
  const cache = createFreshCache<{ load: number }>(() => {
    const load = Promise.withResolvers<{ load: number }>();
    loads.push(load);
    return load.promise;
  });
  return { cache, loads, answer: (load: number) => loads[load - 1]?.resolve({ load }) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("many who ask at once share one load, and those soon after its answer", async () => {
  const { cache, loads, answer } = controlled();
  expect(cache.peek("a")).toBeUndefined();
  const asked = Array.from({ length: 50 }, () => cache.get("a"));
  answer(1);
  const answers = await Promise.all(asked);
  expect(new Set(answers).size).toBe(1);
  expect(cache.peek("a")).toBe(answers[0]);
  expect(await cache.get("a")).toBe(answers[0]);
  expect(loads).toHaveLength(1);
});

test("an answer ages from when its load began, and is not used past half a second", async () => {
  const { cache, loads, answer } = controlled();
  const asked = cache.get("a");
  clock += 300;
  answer(1);
  expect(await asked).toEqual({ load: 1 });
  clock += 201;
  expect(cache.peek("a")).toBeUndefined();
  void cache.get("a");
  expect(loads).toHaveLength(2);
});

test("one in use is loaded again behind its back, once: nobody waits", async () => {
  const { cache, loads, answer } = controlled();
  const asked = cache.get("a");
  answer(1);
  await asked;
  clock += 200;
  expect(cache.peek("a")).toEqual({ load: 1 });
  expect(loads).toHaveLength(1);
  clock += 100;
  expect(cache.peek("a")).toEqual({ load: 1 });
  expect(cache.peek("a")).toEqual({ load: 1 });
  expect(loads).toHaveLength(2);
  answer(2);
  await settled();
  clock += 250;
  expect(cache.peek("a")).toEqual({ load: 2 });
});

test("whoever asks for now does not get what was loaded before, nor what is being loaded", async () => {
  const { cache, answer } = controlled();
  const before = cache.get("a");
  clock += 1;
  const now = cache.get("a", 0);
  answer(2);
  expect(await now).toEqual({ load: 2 });
  answer(1);
  expect(await before).toEqual({ load: 1 });
  // and the load that was overtaken does not bring back what was true before
  expect(cache.peek("a")).toEqual({ load: 2 });
});

test("a failure is for those who wait for it, and the next asks again", async () => {
  let fail = true;
  const cache = createFreshCache<object>(() => (fail ? Promise.reject(new Error("away")) : Promise.resolve({})));
  await expect(cache.get("a")).rejects.toThrow("away");
  fail = false;
  expect(await cache.get("a")).toEqual({});
});

test("a failure behind somebody's back is nobody's, until the answer is too old", async () => {
  let fail = false;
  const cache = createFreshCache<object>(() => (fail ? Promise.reject(new Error("away")) : Promise.resolve({})));
  await cache.get("a");
  fail = true;
  clock += 300;
  expect(cache.peek("a")).toEqual({});
  await settled();
  clock += 300;
  expect(cache.peek("a")).toBeUndefined();
  await expect(cache.get("a")).rejects.toThrow("away");
});

test("that there is none is remembered as well", async () => {
  let loads = 0;
  const cache = createFreshCache<object>(() => {
    loads++;
    return Promise.resolve(undefined);
  });
  expect(await cache.get("a")).toBeUndefined();
  expect(await cache.get("a")).toBeUndefined();
  expect(loads).toBe(1);
});
