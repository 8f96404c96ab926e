import { existsSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ask, localStack, type LocalStack } from "../../../../tests/harness/local-stack.ts";
import { isAlive, processTable, readIdentity, send } from "../supervisor/identity.ts";
import { processDir, processIdentity, processLog, supervisorIdentity } from "../supervisor/places.ts";
import type { ProcessSpec } from "../supervisor/process-spec.ts";
import { processStatus } from "../supervisor/status.ts";
import { wasReady } from "../supervisor/ready.ts";
import { stopProcess } from "../supervisor/stop.ts";
import { waitUntil } from "../supervisor/wait.ts";
import { NotReady } from "./kind.ts";
import { process as processKind } from "./process.ts";

let stack: LocalStack;
beforeEach(async () => (stack = await localStack()));
afterEach(() => stack.release());

const instance = (name = "demo") => ({ id: name, name });
const apply = (spec: ProcessSpec, name?: string) => processKind.apply(stack.world, instance(name), spec, undefined);
const keys = async (spec: ProcessSpec, name?: string): Promise<string[]> =>
  (await processKind.diff(stack.world, instance(name), spec, undefined)).map(({ key }) => key);
const pidOf = (name = "demo"): number => readIdentity(processIdentity(stack.world.home, name))!.pid;
const runs = (pid: number): boolean => processTable().some((row) => row.pid === pid);

describe("create and diff", () => {
  it("is done when the probe answers, and then shows no difference", async () => {
    const spec = await stack.daemon({ env: { DELAY_MS: "300" } });
    await apply(spec);
    expect((await ask(spec)).pid).toBe(pidOf());
    expect(await keys(spec)).toEqual([]);
  });

  it("adopts a process that is already as wanted", async () => {
    const spec = await stack.daemon();
    await apply(spec);
    const before = pidOf();
    await apply(spec);
    expect(pidOf()).toBe(before);
  });

  it("gives the process its environment, arguments and folder byte for byte, and nothing else", async () => {
    const hostile = 'it\'s "100%" of $HOME `id` \\n\n\ttab # ; %(ENV_PATH)s ünï';
    const daemon = await stack.daemon();
    const spec = { ...daemon, command: [...daemon.command, hostile, ""] as ProcessSpec["command"] };
    await apply({ ...spec, cwd: stack.world.home.logsDir, env: { ...spec.env, HOSTILE: hostile } });
    const { env, args, cwd } = await ask(spec);
    expect(env["HOSTILE"]).toBe(hostile);
    expect(args).toEqual([hostile, ""]);
    expect(cwd).toBe(stack.world.home.logsDir);
    const inherited = ["HOME", "LANG", "PATH", "TZ", "PWD", "OLDPWD"];
    expect(Object.keys(env).filter((name) => !inherited.includes(name))).toEqual(["PORT", "HOSTILE"]);
  });

  it("sees that it was stopped, or was killed for good, and starts it", async () => {
    const spec = await stack.daemon();
    await apply(spec);
    await stopProcess(stack.world.home, "demo");
    expect(await keys(spec)).toEqual(["state.stopped"]);
    await apply(spec);
    expect(await keys(spec)).toEqual([]);
  });

  it("waits for a process that an interrupted run had started", async () => {
    const spec = await stack.daemon({ env: { DELAY_MS: "1500" } });
    const cancel = new AbortController();
    const interrupted = processKind.apply({ ...stack.world, signal: cancel.signal }, instance(), spec, undefined);
    await waitUntil(() => existsSync(processIdentity(stack.world.home, "demo")), { timeoutMs: 5000 });
    cancel.abort(new Error("cancelled"));
    await expect(interrupted).rejects.toThrow("cancelled");
    const before = pidOf();
    expect(await keys(spec)).toEqual(["state.starting"]);
    await apply(spec);
    expect((await ask(spec)).pid).toBe(before);
  });
});

describe("update", () => {
  it("restarts when a fingerprint, the environment or the command changed, and names it", async () => {
    const spec = await stack.daemon({ restartOn: { "demo.yml": "1" } });
    await apply(spec);
    const before = pidOf();
    const changed = { ...spec, restartOn: { "demo.yml": "2" }, env: { ...spec.env, MORE: "yes" } };
    expect(await keys(changed)).toEqual(["env.MORE", 'restartOn["demo.yml"]']);
    await apply(changed);
    expect(pidOf()).not.toBe(before);
    expect((await ask(changed)).env["MORE"]).toBe("yes");
  });

  it("sends the signal instead when only reload fingerprints changed", async () => {
    const spec = await stack.daemon({ reload: { signal: "HUP", on: { "routes.yml": "1" } } });
    await apply(spec);
    const before = pidOf();
    const changed: ProcessSpec = { ...spec, reload: { signal: "HUP", on: { "routes.yml": "2" } } };
    expect(await keys(changed)).toEqual(['reload["routes.yml"]']);
    await apply(changed);
    await waitUntil(async () => (await ask(spec)).reloads === 1, { timeoutMs: 5000 });
    expect(await ask(changed)).toMatchObject({ pid: before, reloads: 1 });
    expect(await keys(changed)).toEqual([]);
  });

  it("is not done as soon as what it restarted is ready: those that use it have to see it", async () => {
    const spec = { ...(await stack.daemon()), minReadySeconds: 60 };
    await apply(spec); // which took nothing away from anybody
    const cancel = new AbortController();
    const changed = { ...spec, env: { ...spec.env, MORE: "yes" } };
    const restarting = processKind.apply({ ...stack.world, signal: cancel.signal }, instance(), changed, undefined);
    const isBack = () => ask(spec).then(({ env }) => env["MORE"] === "yes" && wasReady(stack.world.home, "demo"));
    await waitUntil(() => isBack().catch(() => false), { timeoutMs: 10_000 });
    cancel.abort(new Error("cancelled"));
    await expect(restarting).rejects.toThrow("cancelled");
    expect(await keys(changed)).toEqual([]);
  });

  it("only writes down what does not concern the process", async () => {
    const spec = await stack.daemon();
    await apply(spec);
    const before = pidOf();
    const changed = { ...spec, level: 3, startTimeoutSeconds: 99 };
    expect(await keys(changed)).toEqual(["startTimeoutSeconds", "level"]);
    await apply(changed);
    expect(pidOf()).toBe(before);
    expect(await keys(changed)).toEqual([]);
  });

  it("keeps secrets out of arguments and readable files", async () => {
    const spec = await stack.daemon({ env: { SECRET: "canary" } });
    await apply(spec);
    const args = readFileSync(`/proc/${pidOf()}/cmdline`, "utf8");
    expect(args).not.toContain("canary");
  });
});

describe("failure", () => {
  it("says what was asked, what came back, how it ended, and shows the log", async () => {
    const spec = await stack.daemon();
    const failing: ProcessSpec = { ...spec, command: ["/bin/sh", "-c", "echo cannot open database; exit 3"] };
    const url = `http://127.0.0.1:${spec.env["PORT"]!}/`;
    const error: unknown = await apply(failing).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(NotReady);
    expect(String(error)).toBe(
      [
        "NotReady: demo: exited with status 3, 3 times in a row",
        `health check ${url}: connect ECONNREFUSED 127.0.0.1:${spec.env["PORT"]!}`,
        "last lines of its log:",
        "  cannot open database",
        "  cannot open database",
        "  cannot open database",
        `log: ${processLog(stack.world.home, "demo")}`,
      ].join("\n"),
    );
    expect(await keys(failing)).toEqual(["state.failed"]);
    await apply(spec);
    expect(await keys(spec)).toEqual([]);
  });

  it("gives up at once on a command that does not exist", async () => {
    const spec: ProcessSpec = { ...(await stack.daemon()), command: ["/no/such/daemon"] };
    await expect(apply(spec)).rejects.toThrow(/^demo: exited with status 127\n/);
  });

  it("says that a process runs but does not answer", async () => {
    const spec = await stack.daemon({ env: { DELAY_MS: "60000" }, startTimeoutSeconds: 1 });
    await expect(apply(spec)).rejects.toThrow(/^demo: not ready after 1 s, process \d+ is running\n/);
    const [row] = await processStatus(stack.world.home);
    expect(row).toMatchObject({ name: "demo", state: "starting", probe: { ok: false } });
  });

  it("refuses a name that is none", async () => {
    await expect(apply(await stack.daemon(), "Not a name")).rejects.toThrow("Not a name is no name for a process");
  });
});

describe("delete", () => {
  it("kills what ignores its signal, children included, and removes every trace", async () => {
    const spec = await stack.daemon({ env: { DEAF: "1", CHILD: "1" }, stop: { signal: "TERM", timeoutSeconds: 1 } });
    await apply(spec);
    const { pid, child } = await ask(spec);
    expect([runs(pid), runs(child!)]).toEqual([true, true]);
    await processKind.remove(stack.world, instance(), spec);
    expect([runs(pid), runs(child!)]).toEqual([false, false]);
    expect(existsSync(processDir(stack.world.home, "demo"))).toBe(false);
    await processKind.remove(stack.world, instance(), spec);
  });

  it("ends children that outlive a leader that stopped well", async () => {
    const spec = await stack.daemon({ env: { CHILD: "1" } });
    await apply(spec);
    const { child } = await ask(spec);
    await stopProcess(stack.world.home, "demo");
    expect(runs(child!)).toBe(false);
  });
});

describe("supervision", () => {
  it("starts a killed process again and counts it", async () => {
    const spec = await stack.daemon();
    await apply(spec);
    const before = pidOf();
    send(before, "SIGKILL");
    await waitUntil(async () => (await processStatus(stack.world.home))[0]?.state === "running" && pidOf() !== before, {
      timeoutMs: 10_000,
    });
    const [row] = await processStatus(stack.world.home);
    expect(row).toMatchObject({ component: "demo", state: "running", restarts: 1 });
  });

  it("takes the processes of a killed supervisor back: ends the orphan, starts a new one", async () => {
    const spec = await stack.daemon();
    await apply(spec);
    const { home } = stack.world;
    const orphan = readIdentity(processIdentity(home, "demo"))!;
    send(readIdentity(supervisorIdentity(home))!.pid, "SIGKILL");
    await waitUntil(async () => (await keys(spec)).length > 0, { timeoutMs: 5000 });
    expect(isAlive(orphan)).toBe(true);
    const [row] = await processStatus(home);
    expect(row).toMatchObject({ state: "unhealthy", pid: orphan.pid });
    expect(await keys(spec)).toEqual(["state.stopped"]);
    await apply(spec);
    expect(isAlive(orphan)).toBe(false);
    expect(await keys(spec)).toEqual([]);
  });

  it("replaces a supervisor that hangs", async () => {
    const spec = await stack.daemon();
    await apply(spec);
    const hung = readIdentity(supervisorIdentity(stack.world.home))!;
    send(hung.pid, "SIGSTOP");
    await apply(spec);
    expect(isAlive(hung)).toBe(false);
    expect(await keys(spec)).toEqual([]);
  });
});
