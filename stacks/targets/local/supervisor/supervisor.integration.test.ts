import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { temporaryFolder } from "../../../../tests/harness/temporary-folder.ts";
import { localStack, processesIn, type LocalStack } from "../../../../tests/harness/local-stack.ts";
import { process as processKind } from "../provider/process.ts";
import { supervised } from "../provider/world.ts";
import { SupervisorClient } from "./client.ts";
import { removeProcess, startProcess, sweep } from "./control.ts";
import { readIdentity, send } from "./identity.ts";
import { supervisorIdentity, supervisorSocket } from "./places.ts";
import { listProcesses, type ProcessSpec } from "./process-spec.ts";
import { readLog } from "./logs.ts";
import { processStatus } from "./status.ts";
import { stopAll } from "./stop-all.ts";
import { waitUntil } from "./wait.ts";

let stack: LocalStack;
beforeEach(async () => (stack = await localStack()));
afterEach(() => stack.release());

const apply = (name: string, spec: ProcessSpec) => processKind.apply(stack.world, { id: name, name }, spec, undefined);

it("stops dependents before what they depend on, a level at a time, and leaves nothing", async () => {
  const { home } = stack.world;
  const levels = { database: 0, "api-1": 1, "api-2": 1, gateway: 2 };
  await Promise.all(Object.entries(levels).map(async ([name, level]) => apply(name, await stack.daemon({ level }))));
  const stopped: string[] = [];
  await stopAll(home, { onStopped: (name) => stopped.push(name) });
  expect(stopped[0]).toBe("gateway");
  expect(stopped.slice(1, 3).sort()).toEqual(["api-1", "api-2"]);
  expect(stopped[3]).toBe("database");
  expect(processesIn(home.dir)).toEqual([]);
  expect(existsSync(supervisorSocket(home))).toBe(false);
  expect(readdirSync(home.runDir)).toEqual([]);
  expect(listProcesses(home).map(({ name }) => name)).toEqual(["api-1", "api-2", "database", "gateway"]);
  expect((await processStatus(home)).map(({ state }) => state)).toEqual(Array(4).fill("stopped"));
  await stopAll(home);
});

it("stops everything also when the supervisor was killed, and when it hangs", async () => {
  for (const signal of ["SIGKILL", "SIGSTOP"] as const) {
    await apply("demo", await stack.daemon());
    send(readIdentity(supervisorIdentity(stack.world.home))!.pid, signal);
    await stopAll(stack.world.home);
    expect(processesIn(stack.world.home.dir)).toEqual([]);
  }
});

it("removes what a killed process leaves outside, and nothing that took its place", async () => {
  const folder = temporaryFolder();
  const [socket, taken, gone] = ["socket", "taken", "gone"].map((name) => join(folder, name));
  mkdirSync(taken!);
  await apply("demo", await stack.daemon({ leaves: [socket!, taken!, gone!] }));
  writeFileSync(socket!, "");
  send((await processStatus(stack.world.home))[0]!.pid!, "SIGKILL");
  await stopAll(stack.world.home);
  expect(readdirSync(folder)).toEqual(["taken"]);
});

it("starts one supervisor for many calls, and adopts it", async () => {
  await Promise.all([supervised(stack.world), supervised(stack.world), supervised(stack.world)]);
  const first = readIdentity(supervisorIdentity(stack.world.home));
  await supervised(stack.world);
  expect(readIdentity(supervisorIdentity(stack.world.home))).toEqual(first);
});

it("starts many side by side, while others are removed", async () => {
  const { home, user } = stack.world;
  const names = (kind: string) => Array.from({ length: 8 }, (_, n) => `${kind}-${n}`);
  const spec = await stack.daemon();
  const start = (name: string) => startProcess(home, user, name, spec);
  await supervised(stack.world);
  await Promise.all(names("old").map(start));
  await Promise.all([...names("new").map(start), ...names("old").map((name) => removeProcess(home, user, name))]);
  expect([...(await new SupervisorClient(home).programs()).keys()].sort()).toEqual(names("new").sort());
});

it("says why supervisord does not start", async () => {
  const broken = join(stack.world.home.dir, "supervisord");
  writeFileSync(broken, "#!/bin/sh\necho no python here; exit 1\n");
  chmodSync(broken, 0o755);
  const failure = supervised({ ...stack.world, supervisord: broken });
  await expect(failure).rejects.toMatchObject({ code: "SUPERVISOR_FAILED", details: { output: "no python here" } });
});

it("sweeps away what nobody wants any more", async () => {
  const { home, user } = stack.world;
  await apply("wanted", await stack.daemon());
  await apply("stray", await stack.daemon());
  expect(await sweep(home, user, new Set(["wanted"]))).toEqual(["stray"]);
  expect((await processStatus(home)).map(({ name, state }) => `${name} ${state}`)).toEqual(["wanted running"]);
  expect([...(await new SupervisorClient(home).programs()).keys()]).toEqual(["wanted"]);
});

it("keeps the output of a process, for reading and following", async () => {
  await apply("demo", await stack.daemon({ env: { SAY: "first\nsecond" } }));
  const lines: string[] = [];
  for await (const line of readLog(stack.world.home, "demo", { lines: 1 })) lines.push(line);
  expect(lines).toEqual(["second"]);
});

it("gives up on a process that fails at every start, and says so", async () => {
  const spec: ProcessSpec = {
    ...(await stack.daemon()),
    command: ["/bin/sh", "-c", "exit 7"],
    startTimeoutSeconds: 60,
  };
  await apply("demo", spec).catch(() => undefined);
  const client = new SupervisorClient(stack.world.home);
  expect(
    await waitUntil(async () => (await client.program("demo"))?.statename === "FATAL", {
      timeoutMs: 60_000,
      everyMs: 200,
    }),
  ).toBe(true);
  const [row] = await processStatus(stack.world.home);
  expect(row).toMatchObject({
    state: "failed",
    probe: { answer: "given up: it exited with status 7 after every start" },
  });
});
