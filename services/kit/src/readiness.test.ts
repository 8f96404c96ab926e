import { expect, test } from "vitest";
import { createReadiness } from "./readiness.ts";

const good = () => Promise.resolve();
const bad = () => Promise.reject(new Error("refused"));

test.each([
  ["ready", good, good],
  ["degraded", good, bad],
  ["unready", bad, good],
])("%s", async (status, required, optional) => {
  const readiness = createReadiness([
    { name: "primary", required: true, probe: required },
    { name: "cache", required: false, probe: optional },
  ]);
  expect((await readiness.report()).status).toBe(status);
});

test("what never answers counts as failed, with the reason", async () => {
  const never = { name: "storage", required: true, probe: () => new Promise(() => undefined) };
  const report = await createReadiness([never], 20).report();
  expect(report).toEqual({
    status: "unready",
    checks: { storage: { ok: false, required: true, error: "no answer within 20 ms" } },
  });
});

test("many questions at once ask the dependency once", async () => {
  let asked = 0;
  const probe = () => Promise.resolve(asked++);
  const readiness = createReadiness([{ name: "primary", required: true, probe }]);
  await Promise.all(Array.from({ length: 50 }, () => readiness.report()));
  expect(asked).toBe(1);
});

test("draining wins over every check", async () => {
  const readiness = createReadiness([{ name: "primary", required: true, probe: good }]);
  readiness.drain();
  expect((await readiness.report()).status).toBe("draining");
});
