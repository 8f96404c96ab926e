import { expect, test, vi } from "vitest";
import { PurlinError } from "../../../errors/purlin-error.ts";
import { counts, home, withEngine } from "../../../tests/harness/cli-samples.ts";
import { fakeContext } from "../../../tests/harness/fake-context.ts";
import type { Plan, PlanRow } from "../../engine/engine.ts";
import type { Platform } from "../../platform.ts";
import { plan } from "./plan.handler.ts";

const change: PlanRow = {
  urn: "urn:redis-cache",
  component: "redis",
  name: "redis-cache",
  operation: "update",
  reasons: ["redis.conf changed"],
  risk: "restart",
};
const removal: PlanRow = {
  ...change,
  urn: "urn:data",
  component: "postgres",
  name: "postgres-replica-2-data",
  operation: "delete",
  reasons: [],
  risk: "data-loss",
};
const changed: Plan = {
  rows: [change, removal],
  resources: counts({ update: 1, delete: 1, same: 9 }),
  durationSeconds: 0.7,
};

const world = (result: Plan, json = false) =>
  fakeContext({ platform: withEngine({ plan: () => Promise.resolve(result) }), settings: { json } });

test("groups changes by component, with reasons and risk", async () => {
  const context = world(changed);
  expect(await plan(context, {})).toBe("done");
  expect(context.out().split("\n")).toEqual([
    "redis",
    "  ~ redis-cache  redis.conf changed  [restarts]",
    "postgres",
    "  - postgres-replica-2-data  [DATA LOSS]",
    "",
    "Plan: 1 to update, 1 to delete, 9 unchanged. `purlin up` makes it so.",
    "",
  ]);
});

test("says that nothing would change", async () => {
  const context = world({ rows: [], resources: counts({ same: 65 }), durationSeconds: 1 });
  expect(await plan(context, { detailedExitcode: true })).toBe("done");
  expect(context.out()).toBe("No changes: 65 unchanged.\n");
});

test("finds drift only when asked for the detailed exit code", async () => {
  expect(await plan(world(changed), { detailedExitcode: true })).toBe("drift");
});

test.each(["there is no home", "there is only what init made"])("looks in a scratch home when %s", async (_when) => {
  const remove = vi.fn(() => Promise.resolve());
  const opened: string[] = [];
  const created: Plan = { rows: [], resources: counts({ create: 50 }), durationSeconds: 1 };
  const { prepareTarget } = withEngine({});
  const platform: Partial<Platform> = {
    ...withEngine({ plan: () => Promise.resolve(created) }),
    ...(_when === "there is no home"
      ? { openHome: () => Promise.reject(new PurlinError("STACK_UNKNOWN", { name: "shop", stack: "dev" })) }
      : { wasUp: () => Promise.resolve(false) }),
    scratchHome: () => Promise.resolve({ home: home("/tmp/scratch"), remove }),
    prepareTarget: (blueprint, { dir }, tools, options) => {
      opened.push(dir);
      expect(options).toEqual({ makesUser: false });
      return prepareTarget!(blueprint, home(dir), tools, options);
    },
  };
  await plan(fakeContext({ platform }), {});
  expect(opened).toEqual(["/tmp/scratch"]);
  expect(remove).toHaveBeenCalledOnce();
});

test("keeps the contract of --json: urn, operation, reasons, risk, one line each", async () => {
  const context = world(changed, true);
  await plan(context, {});
  const lines = context.out().trimEnd().split("\n");
  expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
    {
      version: 1,
      type: "change",
      urn: "urn:redis-cache",
      operation: "update",
      reasons: ["redis.conf changed"],
      risk: "restart",
    },
    { version: 1, type: "change", urn: "urn:data", operation: "delete", reasons: [], risk: "data-loss" },
    { version: 1, type: "summary", changes: 2 },
  ]);
});
