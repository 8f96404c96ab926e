import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { localStack, processesIn, type LocalStack } from "../../../../tests/harness/local-stack.ts";
import { lookUpUser } from "../user.ts";
import { task, type TaskSpec } from "./task.ts";

let stack: LocalStack;
beforeEach(async () => (stack = await localStack()));
afterEach(() => stack.release());

const instance = { id: "demo", name: "demo" };
const shell = (script: string, rest: Partial<TaskSpec> = {}): TaskSpec =>
  task.schema.parse({ component: "demo", command: ["/bin/sh", "-c", script], timeoutSeconds: 10, ...rest });
const run = (args: TaskSpec, olds?: TaskSpec) => task.apply(stack.world, instance, args, olds);
const keys = async (args: TaskSpec, olds: TaskSpec) =>
  (await task.diff(stack.world, instance, args, olds)).map(({ key }) => key);
const result = (): string => readFileSync(join(stack.world.home.runDir, "result"), "utf8");

it("runs as the platform's user, with a bare environment and its input on stdin", async () => {
  const input = { password: 'it\'s a "secret"\n', n: 1 };
  await run(
    shell("{ id -un; env | cut -d= -f1 | sort | tr '\\n' ' '; echo; cat; } > result", { input, env: { MORE: "1" } }),
  );
  const [user, names, json] = result().split("\n");
  expect(user).toBe(stack.world.user.name);
  expect(names?.split(" ").filter((name) => !["", "LANG", "TZ", "OLDPWD"].includes(name))).toEqual([
    "HOME",
    "MORE",
    "PATH",
    "PWD",
  ]);
  expect(JSON.parse(json!)).toEqual(input);
});

it("says how it ended and shows its last lines", async () => {
  const failing = shell("for i in $(seq 20); do echo line $i; done; echo no such role >&2; exit 4");
  await expect(run(failing)).rejects.toThrow(/^exited with status 4\nline 7\n(line \d+\n)+no such role$/);
});

it("ends a task that is out of time, with everything it started", async () => {
  const slow = shell("echo waiting; trap '' TERM; sleep 1000 & sleep 1000", { timeoutSeconds: 1 });
  await expect(run(slow)).rejects.toThrow("did not finish within 1 s\nwaiting");
  expect(processesIn(stack.world.home.dir).filter((line) => line.includes("sleep"))).toEqual([]);
});

it("leaves nothing behind that a finished task had started", async () => {
  await run(shell("sleep 1000 > /dev/null 2>&1 & true"));
  expect(processesIn(stack.world.home.dir).filter((line) => line.includes("sleep"))).toEqual([]);
});

it("runs again when its work, its fingerprints or its result changed, and not otherwise", async () => {
  const creates = join(stack.world.home.runDir, "made");
  const before = shell("echo run >> made", { creates, rerunOn: { "role.sql": "1" }, input: { a: 1 } });
  await run(before);
  expect(existsSync(creates)).toBe(true);
  expect(await keys(before, before)).toEqual([]);
  expect(await keys({ ...before, rerunOn: { "role.sql": "2" } }, before)).toEqual(['rerunOn["role.sql"]']);
  expect(await keys({ ...before, input: { a: 2 }, env: { B: "" } }, before)).toEqual(["input", "env.B"]);
  expect(await keys({ ...before, timeoutSeconds: 11 }, before)).toEqual(["timeoutSeconds"]);

  await run({ ...before, timeoutSeconds: 11 }, before);
  expect(readFileSync(creates, "utf8")).toBe("run\n");
  writeFileSync(creates, "");
  await run({ ...before, rerunOn: {} }, before);
  expect(readFileSync(creates, "utf8")).toBe("run\n");
});

it("knows the user by name", () => {
  expect(lookUpUser(stack.world.user.name)).toEqual(stack.world.user);
  expect(() => lookUpUser("no-such-user")).toThrow("there is no user named no-such-user on this machine");
});
