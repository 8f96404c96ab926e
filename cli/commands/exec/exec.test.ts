import { expect, test } from "vitest";
import { knownProcess } from "../../../tests/harness/cli-samples.ts";
import { fakeContext } from "../../../tests/harness/fake-context.ts";
import type { KnownProcess, Spawned } from "../../platform.ts";
import { exec } from "./exec.handler.ts";

const processes = [
  knownProcess("api-1", "services", { PORT: "3000" }),
  knownProcess("api-2", "services", { PORT: "3001" }),
  knownProcess("redis-cache", "redis"),
];

function world(code: number | undefined, known: KnownProcess[] = processes) {
  const spawned: Spawned[] = [];
  const spawn = (program: Spawned) => {
    spawned.push(program);
    return Promise.resolve(code);
  };
  const env = { PATH: "/bin", HOME: "/root", AWS_SECRET: "mine" };
  return { spawned, context: fakeContext({ env, platform: { listProcesses: () => Promise.resolve(known), spawn } }) };
}

test("runs with the environment of the first instance, in the service's folder, and ends with its code", async () => {
  const { context, spawned } = world(42);
  expect(await exec(context, { service: "api", command: ["npm", "run", "migrate"] })).toBe(42);
  expect(spawned).toEqual([
    {
      command: ["npm", "run", "migrate"],
      cwd: "/project/services",
      env: { PATH: "/bin", HOME: "/root", PORT: "3000" },
    },
  ]);
});

test("one instance can be meant", async () => {
  const { context, spawned } = world(0);
  await exec(context, { service: "api-2", command: ["env"] });
  expect(spawned[0]?.env["PORT"]).toBe("3001");
});

test.each([
  ["redis-cache", processes, "no service is called redis-cache"],
  ["apj", processes, "no service is called apj"],
  ["api", [], "shop (dev) is not up"],
])("refuses %s", async (service, known, what) => {
  await expect(exec(world(0, known).context, { service, command: ["env"] })).rejects.toMatchObject({ text: { what } });
});

test("says so when there is no such program", async () => {
  await expect(exec(world(undefined).context, { service: "api", command: ["nmp"] })).rejects.toMatchObject({
    text: { what: "there is no program nmp on PATH" },
  });
});
