import { expect, test, vi } from "vitest";
import { runSummary, withEngine } from "../../../tests/harness/cli-samples.ts";
import { fakeContext } from "../../../tests/harness/fake-context.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Platform } from "../../platform.ts";
import { destroy } from "./destroy.handler.ts";

function ports() {
  return {
    ...withEngine({}),
    lock: vi.fn(() => Promise.resolve(() => undefined)),
    stopAll: vi.fn(() => Promise.resolve()),
    removeHome: vi.fn(() => Promise.resolve()),
  };
}

test("removes the stack's folder after its resources, when the name is given", async () => {
  const platform = ports();
  const context = fakeContext({ platform });
  expect(await destroy(context, { confirm: "dev", lockWait: 0 })).toBe("done");
  expect(platform.stopAll).toHaveBeenCalledOnce();
  expect(platform.removeHome).toHaveBeenCalledOnce();
  expect(context.err()).toBe("Removing\nshop (dev) is gone: 3 deleted (4.0 s).\n");
});

test("holds one lock from the first stop until the folder is gone", async () => {
  const order: string[] = [];
  const note = (what: string) => () => Promise.resolve(void order.push(what));
  const destroyResources: Engine["destroyResources"] = ({ lockWaitSeconds }) => {
    order.push(`delete, lock ${lockWaitSeconds}`);
    return Promise.resolve(runSummary({ command: "destroy" }));
  };
  const platform: Partial<Platform> = {
    ...withEngine({ destroyResources }),
    lock: () => {
      order.push("lock");
      return Promise.resolve(() => void order.push("unlock"));
    },
    stopAll: note("stop"),
    removeHome: note("remove"),
  };
  await destroy(fakeContext({ platform }), { confirm: "dev", lockWait: 0 });
  expect(order).toEqual(["lock", "stop", "delete, lock held", "remove", "unlock"]);
});

test("asks for the stack's name at a terminal", async () => {
  const platform = ports();
  const context = fakeContext({ platform, typed: ["dev"] });
  expect(await destroy(context, { lockWait: 0 })).toBe("done");
  expect(context.err()).toContain(
    "Remove shop (dev) and all its data? There is no way back.\nType the stack's name, dev, to go on: ",
  );
});

test.each([
  ["another name is given", { confirm: "prod" }, undefined, '"prod" is not its name'],
  ["another name is typed", {}, ["yes"], '"yes" is not its name'],
  ["nothing is typed", {}, [""], "no name was given"],
])("touches nothing when %s", async (_when, options, typed, why) => {
  const platform = ports();
  const context = fakeContext({ platform, ...(typed && { typed }) });
  await expect(destroy(context, { ...options, lockWait: 0 })).rejects.toMatchObject({
    family: "usage",
    text: {
      what: "destroying stack dev was not confirmed",
      why,
      fix: "confirm with --confirm=dev; nothing has been changed",
    },
  });
  expect(platform.stopAll).not.toHaveBeenCalled();
  expect(platform.removeHome).not.toHaveBeenCalled();
});

test.each([
  ["there is no terminal", {}],
  ["--no-input is given", { typed: ["dev"], settings: { input: false } }],
  ["--yes is given, which does not answer this question", { settings: { yes: true } }],
])("is an error that names the flag when %s", async (_when, options) => {
  const context = fakeContext({ platform: ports(), ...options });
  await expect(destroy(context, { lockWait: 0 })).rejects.toMatchObject({
    text: { what: "an answer is needed: remove shop (dev) and all its data?", fix: "answer with --confirm=dev" },
  });
});

test("keeps the stack's folder when a resource could not be deleted", async () => {
  const failures = [{ component: "redis", name: "redis-data", message: "busy" }];
  const failed = runSummary({ command: "destroy", result: "failed", failures });
  const platform = { ...ports(), ...withEngine({ destroyResources: () => Promise.resolve(failed) }) };
  const context = fakeContext({ platform });
  await expect(destroy(context, { confirm: "dev", lockWait: 0 })).rejects.toMatchObject({
    family: "failed",
    text: { what: "destroy failed at redis-data", why: "redis-data: busy" },
  });
  expect(platform.removeHome).not.toHaveBeenCalled();
});
