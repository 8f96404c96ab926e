import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { makeWorkbench, type Opened } from "../../tests/harness/engine.ts";
import { readIfPresent } from "../../stacks/home/files.ts";
import { isAlive } from "../../stacks/targets/local/supervisor/identity.ts";
import { recordedChild } from "./orphans.ts";
import { StateFiles } from "./state-files.ts";

const small = { tasks: { one: 0.5, two: 0.5 }, server: true };

test.each([0.2, 0.6, 1, 1.4, 1.8, 2.4, 3])("killed -9 after %f s of up, the next up converges", async (seconds) => {
  await using bench = makeWorkbench();
  const opened = await bench.open(small);
  const run = worker("up", bench.dir);
  await sleep(seconds * 1000);
  run.kill("SIGKILL");
  await once(run, "exit");
  await expectConverged(opened);
});

test.each(["SIGHUP", "SIGTERM", "SIGINT"] as const)(
  "%s in the middle of up finishes what is in flight",
  async (signal) => {
    await using bench = makeWorkbench();
    const opened = await bench.open(small);
    const run = worker("up", bench.dir);
    const begun = join(opened.home.dataDir, "app/one.begun");
    while (!existsSync(begun)) await sleep(20);
    run.kill(signal);
    const lines = await outputOf(run);
    expect(lines.at(-1)).toMatchObject({ result: "interrupted" });
    expect(existsSync(opened.home.lockFile)).toBe(false);
    expect(files(opened).locks()).toEqual([]);
    await expectConverged(opened);
  },
);

test("killed while destroying, destroying again leaves nothing", async () => {
  await using bench = makeWorkbench();
  const opened = await bench.open(small);
  await opened.up();
  const run = worker("destroy", bench.dir);
  await once(run.stdout, "data"); // the first row
  run.kill("SIGKILL");
  await once(run, "exit");
  const gone = await opened.session.destroyResources({ command: "destroy", lockWaitSeconds: 0 });
  expect(gone.result).toBe("succeeded");
  expect(existsSync(join(opened.home.dataDir, "app"))).toBe(false);
});

test("of two at once one works and the other is told who does", async () => {
  await using bench = makeWorkbench();
  await bench.open(small);
  const runs = [worker("up", bench.dir), worker("up", bench.dir)];
  const results = (await Promise.all(runs.map(outputOf))).map((lines) => lines.at(-1));
  expect(results).toContainEqual({ result: "succeeded", failures: [] });
  expect(results).toContainEqual({ result: "threw", code: "LOCKED" });
});

test("a lock that a dead engine left in the backend is removed; a living one's is respected", async () => {
  await using bench = makeWorkbench();
  const opened = await bench.open({});
  await opened.up();
  const dir = join(opened.home.stateDir, ".pulumi/locks/organization/shop/dev");
  const lock = (owner: object) => writeFileSync(join(dir, "left.json"), JSON.stringify(owner));
  const owner = { pid: 4_000_000, username: "ann", hostname: hostname(), timestamp: "2026-01-01T00:00:00Z" };
  lock(owner);
  expect(await opened.up()).toMatchObject({ result: "succeeded" });
  lock({ ...owner, hostname: "elsewhere" });
  await expect(opened.up()).rejects.toMatchObject({ code: "BACKEND_LOCKED" });
});

test("a truncated state file is restored from the newest copy, and that is said", async () => {
  await using bench = makeWorkbench();
  const opened = await bench.open(small);
  await opened.up();
  truncateSync(files(opened).file, 100);
  expect(await opened.up()).toMatchObject({ result: "succeeded" });
  expect(opened.messages).toEqual([
    expect.stringMatching(/^the state file was damaged: restored from .*dev\.json\.bak/),
  ]);
  await expectConverged(opened);

  truncateSync(files(opened).file, 0);
  for (const copy of files(opened).copies()) truncateSync(copy, 10);
  await expect(opened.up()).rejects.toMatchObject({ code: "STATE_DAMAGED" });
});

test("a missing state file is damage, not a new stack: restored, or else everything is adopted", async () => {
  await using bench = makeWorkbench();
  const opened = await bench.open(small);
  await opened.up();
  const served = readIfPresent(join(opened.home.processesDir, "app-server/pid"));
  rmSync(files(opened).file);
  expect(await opened.up()).toMatchObject({ result: "succeeded" });
  expect(opened.messages).toEqual([expect.stringMatching(/^the state file was missing: restored from/)]);

  for (const copy of [files(opened).file, ...files(opened).copies()]) rmSync(copy);
  expect(await opened.up()).toMatchObject({ result: "succeeded", resources: { create: 5 } });
  expect(opened.messages.at(-1)).toBe(
    "the state file is gone and has no copy: everything that exists is adopted into a new one",
  );
  expect(readIfPresent(join(opened.home.processesDir, "app-server/pid"))).toBe(served); // not restarted
  await expectConverged(opened);
});

/** The next `up` succeeds, the one after has nothing to do, every task ran once, and nothing of the killed run is left. */
async function expectConverged(opened: Opened): Promise<void> {
  const { session, home, up } = opened;
  expect(await up()).toMatchObject({ result: "succeeded", failures: [] });
  expect(await session.plan()).toMatchObject({ rows: [], resources: { same: 5 } });
  const state = readFileSync(files(opened).file, "utf8");
  expect(state).not.toMatch(/"pending_operations":\s*\[\s*\{/);
  expect(files(opened).locks()).toEqual([]);
  expect(readdirSync(home.dir).filter((name) => name.startsWith("lock.json"))).toEqual([]);
  const child = recordedChild(home);
  expect(child !== undefined && isAlive(child)).toBe(false);
}

function files({ home }: Opened): StateFiles {
  return new StateFiles(home.stateDir, "shop", "dev");
}

type Worker = ChildProcessByStdio<null, Readable, null>;

function worker(command: string, dir: string): Worker {
  const script = join(import.meta.dirname, "../../tests/harness/engine-worker.ts");
  const args = ["--conditions=source", script, command, JSON.stringify({ dir, stack: "dev" }), JSON.stringify(small)];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
}

async function outputOf(run: Worker): Promise<unknown[]> {
  let text = "";
  run.stdout.on("data", (part: Buffer) => (text += part.toString()));
  await once(run, "close");
  return text
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
}
