import { expect, test, vi } from "vitest";
import { fakeContext } from "../../../tests/harness/fake-context.ts";
import type { Platform } from "../../platform.ts";
import { down } from "./down.handler.ts";

const stopAll: Platform["stopAll"] = (_home, { onStopped }) => {
  onStopped?.("api-1", 0.25);
  onStopped?.("redis-cache", 1.5);
  return Promise.resolve();
};

test("stops under the lock, says what it stopped, and lets the lock go", async () => {
  const unlock = vi.fn();
  const context = fakeContext({ platform: { stopAll, lock: () => Promise.resolve(unlock) } });
  expect(await down(context, { lockWait: 0 })).toBe("done");
  expect(context.err()).toBe(
    "  api-1 stopped (0.3 s)\n  redis-cache stopped (1.5 s)\nshop (dev) is down: 2 stopped, data kept (0.0 s).\n",
  );
  expect(unlock).toHaveBeenCalledOnce();
});

test("says so when something is left, and lets the lock go", async () => {
  const unlock = vi.fn();
  const leftovers = () => Promise.resolve(["process api-1 (pid 12)"]);
  const context = fakeContext({ platform: { stopAll, lock: () => Promise.resolve(unlock), leftovers } });
  await expect(down(context, { lockWait: 0 })).rejects.toMatchObject({
    text: { what: "something of the stack is still there", why: "process api-1 (pid 12)" },
  });
  expect(unlock).toHaveBeenCalledOnce();
});

test("prints one document with --json", async () => {
  const context = fakeContext({
    settings: { json: true },
    platform: { stopAll, lock: () => Promise.resolve(() => undefined) },
  });
  await down(context, { lockWait: 0 });
  expect(JSON.parse(context.out())).toEqual({
    version: 1,
    name: "shop",
    stack: "dev",
    stopped: ["api-1", "redis-cache"],
    seconds: 0,
  });
  expect(context.err()).toBe("");
});

test("the first Ctrl-C says that it finishes; the second leaves and says what remains", async () => {
  const { promise: stopped, resolve: finish } = Promise.withResolvers<undefined>();
  const stops: Platform["stopAll"] = async () => {
    context.interruption.interrupt();
    context.interruption.interrupt();
    await stopped;
  };
  const context = fakeContext({ platform: { stopAll: stops, lock: () => Promise.resolve(() => undefined) } });
  const running = down(context, { lockWait: 0 });
  await vi.waitFor(() => expect(context.exits()).toBe(1));
  expect(context.err()).toBe(
    "Interrupted: finishing the stops in flight. Ctrl-C again leaves at once.\n" +
      "Left at once. Some processes may still run; `purlin down` goes on from here.\n",
  );
  finish(undefined);
  await running;
});
