import { expect, test } from "vitest";
import { counts, row, runSummary, withEngine } from "../../../tests/harness/cli-samples.ts";
import { fakeContext } from "../../../tests/harness/fake-context.ts";
import type { Check } from "../../preflight/check.ts";
import { up } from "./up.handler.ts";

const outputs = {
  gateway: { url: "https://localhost:8443", ca: "/ca.pem" },
  services: { api: { url: "https://localhost:8443/api" }, worker: {} },
  monitoring: { prometheus: { url: "http://127.0.0.1:9090" } },
};

function check(overrides: Partial<Check>): Check {
  return { id: "x", title: "x", beforeUp: true, run: () => ({ level: "ok", detail: "" }), ...overrides };
}

test("ends with where everything is, where the credentials are, durations, and what to do next", async () => {
  const platform = withEngine({
    up: ({ onRow }) => {
      onRow?.(row({ phase: "running", seconds: 0 }));
      onRow?.(row());
      onRow?.(row({ name: "redis-queue", operation: "same" }));
      return Promise.resolve(runSummary({ outputs, resources: counts({ create: 1, same: 1 }) }));
    },
  });
  const context = fakeContext({ platform, step: 500 });
  expect(await up(context, { lockWait: 0 })).toBe("done");
  expect(context.err()).toBe("Checking\nGetting tools\nMaking it real\n  redis: redis-cache created (1.3 s)\n");
  expect(context.out().split("\n")).toEqual([
    "✓ shop (dev) is up: 1 created, 1 unchanged, 4.0 s",
    "",
    "  gateway      https://localhost:8443",
    "  api          https://localhost:8443/api",
    "  prometheus   http://127.0.0.1:9090",
    "  credentials  purlin outputs --show-secrets",
    "  certificate  trust /ca.pem",
    "  durations    redis 0.5 s",
    "",
    "Next: `purlin status`, `purlin logs -f`, `purlin open`; `purlin down` stops it and keeps the data.",
    "",
  ]);
});

test("reports every failed check at once, before anything is opened", async () => {
  const checks = () =>
    Promise.resolve([
      check({ title: "ports", run: () => ({ level: "fail", detail: "8443 is taken by nginx", remedy: "stop it" }) }),
      check({ title: "clock", run: () => ({ level: "fail", detail: "it is 1970", remedy: "set it" }) }),
      check({ title: "memory", run: () => ({ level: "warn", detail: "little", remedy: "buy some" }) }),
    ]);
  await expect(up(fakeContext({ platform: { checks } }), { lockWait: 0 })).rejects.toMatchObject({
    family: "preflight",
    text: {
      what: "2 checks failed; nothing has been changed",
      why: "ports: 8443 is taken by nginx\n  stop it\nclock: it is 1970\n  set it",
    },
  });
});

test("leaves the slow checks to doctor", async () => {
  const slow = check({ beforeUp: false, run: () => ({ level: "fail", detail: "asked", remedy: "" }) });
  const context = fakeContext({ platform: { ...withEngine({}), checks: () => Promise.resolve([slow]) } });
  expect(await up(context, { lockWait: 0 })).toBe("done");
});

test("a failed resource fails the run, with its message and the log", async () => {
  const failures = [{ component: "redis", name: "redis-cache", message: "not ready after 10 s: LOADING" }];
  const platform = withEngine({ up: () => Promise.resolve(runSummary({ result: "failed", failures })) });
  await expect(up(fakeContext({ platform }), { lockWait: 0 })).rejects.toMatchObject({
    family: "failed",
    text: {
      what: "up failed at redis-cache",
      why: "redis-cache: not ready after 10 s: LOADING",
      fix: "mend the cause and run `purlin up` again: it goes on from here (every step is in /home/shop-dev/logs/runs/r1.ndjson)",
    },
  });
});

test("the first Ctrl-C stops the engine once and says so; the run then ends as interrupted", async () => {
  let interrupts = 0;
  const platform = withEngine({
    up: () => {
      context.interruption.interrupt();
      return Promise.resolve(runSummary({ result: "interrupted" }));
    },
    interrupt: () => {
      interrupts += 1;
      return "stopping";
    },
  });
  const context = fakeContext({ platform });
  await expect(up(context, { lockWait: 0 })).rejects.toMatchObject({
    family: "interrupted",
    text: { what: "up was interrupted", fix: "run `purlin up` to go on from here" },
  });
  expect(interrupts).toBe(1);
  expect(context.err()).toContain(
    "Interrupted: ending the steps in flight, starting no more. Ctrl-C again leaves at once.",
  );
});

test("with --json every line is a versioned document of its type", async () => {
  const platform = withEngine({
    up: ({ onRow }) => {
      onRow?.(row());
      return Promise.resolve(runSummary({ outputs }));
    },
  });
  const context = fakeContext({ platform, settings: { json: true } });
  await up(context, { lockWait: 0 });
  const lines = context.out().trimEnd().split("\n");
  expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
    { version: 1, type: "phase" },
    { version: 1, type: "phase" },
    { version: 1, type: "phase" },
    { version: 1, type: "step", urn: "urn:redis-cache", operation: "create", phase: "done", reasons: [] },
    { version: 1, type: "summary", result: "succeeded", outputs },
  ]);
});
