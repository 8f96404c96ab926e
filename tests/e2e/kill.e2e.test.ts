import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeClient, type Client } from "./support/client.ts";
import { findLeaks } from "./support/leaks.ts";
import { findStrays, statusOf, supervisorOf } from "./support/processes.ts";
import { lightBlueprint, makeProject, type Project } from "./support/project.ts";
import { killGroup, type Result } from "./support/purlin.ts";
import type { Place } from "./support/sign-up.ts";
import { createTask, missingTasks, openWorkplace, startWriter, type Workplace } from "./support/tasks.ts";

/*
 * Nothing here is gentle: the CLI, each daemon, the supervisor and the whole platform are killed at many instants.
 * After each, the next `up` must converge, every task the API acknowledged must still be there, and no process may
 * be left that nobody supervises.
 */

let project: Project;
let client: Client | undefined;
/** Made when there is a platform for the first time, and there after every storm. */
let workplace: Workplace | undefined;
/** Tasks acknowledged so far, over all tests. */
const acknowledged: string[] = [];
/** Milliseconds of an undisturbed warm `up` and `down`, to spread the kills over. */
let upTime = 0;
let downTime = 0;

beforeAll(() => {
  project = makeProject({ blueprint: lightBlueprint });
});

afterAll(async () => {
  client?.close();
  await project.dispose();
});

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function timed(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}

/** Starts a command and, after a while, sends it a signal: to the CLI alone or to its whole process group. */
async function disturb(command: string[], after: number, signals: NodeJS.Signals[], group: boolean): Promise<Result> {
  const run = project.start(...command);
  await pause(after);
  for (const signal of signals) {
    if (group) killGroup(run.pid, signal);
    else run.child.kill(signal);
    await pause(150);
  }
  return run.done;
}

/** The next `up` repairs everything: healthy, nothing lost, nobody stray. */
async function expectConvergence(): Promise<void> {
  await project.ok("up", "--yes");
  const rows = await statusOf(project);
  expect(rows.filter((row) => row.state !== "running")).toEqual([]);
  expect(await findStrays(project)).toEqual([]);
  const place = await project.json<Place & { gateway: { ca: string } }>("outputs");
  client?.close();
  client = makeClient(place.gateway);
  workplace ??= await openWorkplace(client, place);
  expect(await missingTasks(client, workplace, acknowledged)).toEqual([]);
  acknowledged.push((await createTask(client, workplace, "after the storm")).task.id);
}

function connected(): Client {
  if (client === undefined) throw new Error("no platform yet");
  return client;
}

/** Writes, through every storm, until it is stopped. */
function writing() {
  if (workplace === undefined) throw new Error("no platform yet");
  return startWriter(connected, workplace);
}

describe("the CLI killed -9", () => {
  test("at 12 instants of the very first up, each run going on where the last one died", async () => {
    for (let n = 1; n <= 12; n++) await disturb(["up", "--yes"], n * 700, ["SIGKILL"], n % 2 === 0);
    await expectConvergence();
    downTime = await timed(() => project.ok("down"));
    upTime = await timed(() => project.ok("up", "--yes"));
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])("at instant %i of 8 of a warm up", async (n) => {
    await project.ok("down");
    await disturb(["up", "--yes"], (upTime * n) / 9, ["SIGKILL"], n % 2 === 0);
    await expectConvergence();
  });

  test.each([1, 2, 3, 4, 5, 6])("at instant %i of 6 of a down", async (n) => {
    await disturb(["down"], (downTime * n) / 7, ["SIGKILL"], n % 2 === 0);
    await expectConvergence();
  });
});

describe("a signal", () => {
  const kinds: [string, NodeJS.Signals[]][] = [
    ["Ctrl-C", ["SIGINT"]],
    ["Ctrl-C twice", ["SIGINT", "SIGINT"]],
    ["a closed terminal", ["SIGHUP"]],
  ];
  const instants = [0.1, 0.4, 0.7];

  test.each(kinds.flatMap(([name, signals]) => instants.map((at) => [name, at, signals] as const)))(
    "%s at %d of a warm up",
    async (_, at, signals) => {
      await project.ok("down");
      const { code, stdout, stderr } = await disturb(["up", "--yes"], upTime * at, signals, true);
      const finished = stdout.includes("is up"); // a run may be faster than the one it was measured by
      expect(code, stderr).toBe(finished ? 0 : 130);
      await expectConvergence();
    },
  );

  test.each(kinds)("%s in the middle of a down", async (_, signals) => {
    await disturb(["down"], downTime / 2, signals, true);
    await expectConvergence();
  });
});

test("a reader that goes away in the middle of an up ends it as Ctrl-C would", async () => {
  await project.ok("down");
  const { child, done } = project.start("up", "--yes");
  await pause(upTime * 0.2);
  child.stdout?.destroy();
  child.stderr?.destroy();
  expect((await done).code).toBe(130);
  await expectConvergence();
});

describe("with tasks being written", () => {
  test("each daemon killed -9 comes back and loses nothing that was acknowledged", async () => {
    const writer = writing();
    for (const { name, pid } of await statusOf(project)) {
      if (pid === undefined) throw new Error(`${name} has no pid`);
      process.kill(pid, "SIGKILL");
      await project.ok("wait", "--timeout", "60");
      const row = (await statusOf(project)).find((other) => other.name === name);
      expect(row, name).toMatchObject({ state: "running" });
      expect(row?.pid, name).not.toBe(pid);
    }
    acknowledged.push(...(await writer.stop()));
    await expectConvergence();
  });

  test("the supervisor killed -9 is replaced, its orphans with it", async () => {
    const supervisor = supervisorOf(project);
    expect(supervisor).toBeDefined();
    process.kill(supervisor!.pid, "SIGKILL");
    const writer = writing();
    await pause(1000);
    acknowledged.push(...(await writer.stop()));
    await expectConvergence();
    expect(supervisorOf(project)?.pid).not.toBe(supervisor!.pid);
  });

  test("everything killed at once, as when the machine loses power, starts again", async () => {
    const writer = writing();
    await expect.poll(() => writer.acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(20);
    for (const { pid } of findLeaks(project.home)) kill(pid);
    acknowledged.push(...(await writer.stop()));
    await expectConvergence();
  });
});

describe("the end", () => {
  test("destroy killed -9 at 3 instants is finished by the next destroy, and nothing is left", async () => {
    for (const n of [1, 2, 3]) await disturb(["destroy", "--confirm=dev"], n * 400, ["SIGKILL"], true);
    await project.run("destroy", "--confirm=dev");
    expect(findLeaks(project.home)).toEqual([]);
  });
});

/** SIGKILL; some have ended by then with those that were killed before them. */
function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
