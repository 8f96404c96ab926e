import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { bareEnvironment } from "../supervisor/daemon.ts";
import { recordIdentity } from "../supervisor/launcher.ts";
import { makeFolder } from "../supervisor/ownership.ts";
import { prepareFolders } from "../supervisor/places.ts";
import { endTask, tasksDir } from "../supervisor/tasks.ts";
import type { TaskSpec } from "./task.ts";
import type { World } from "./world.ts";

const keptLines = 15;
const keptCharacters = 16_384;

/**
 * Runs a task's command to its end as the platform's user, in a process group of its own, with JSON on its stdin. One
 * left over from a killed run is ended first.
 *
 * @throws Error with the exit status and the last lines of its output, or when cancelled or out of time; then nothing
 * of it runs any more.
 */
export async function runTask(world: World, name: string, task: TaskSpec): Promise<void> {
  const { home, signal } = world;
  prepareFolders(home, world.user);
  makeFolder(tasksDir(home), world.user);
  await endTask(home, name);
  const deadline = AbortSignal.timeout(task.timeoutSeconds * 1000);
  const child = launch(world, name, task);
  let output = "";
  const keep = (text: string): void => void (output = (output + text).slice(-keptCharacters));
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", keep);
  child.stdin.on("error", () => undefined); // a task need not read its input
  child.stdin.end(JSON.stringify(task.input ?? null));
  try {
    const [status, endedBy] = await ended(child, AbortSignal.any([signal, deadline]));
    if (status !== 0) throw failure(endedBy ? `was ended by ${endedBy}` : `exited with status ${status ?? ""}`, output);
  } catch (error) {
    if (deadline.aborted && !signal.aborted) throw failure(`did not finish within ${task.timeoutSeconds} s`, output);
    throw error;
  } finally {
    await endTask(home, name);
  }
}

function launch({ home, user, env }: World, name: string, { command, env: own }: TaskSpec) {
  const script = `${recordIdentity(join(tasksDir(home), name))}\nexec "$@"`;
  return spawn("/bin/sh", ["-c", script, "task", ...command], {
    cwd: home.runDir,
    detached: true,
    env: { ...bareEnvironment(env, home, user), ...own },
    ...(process.getuid?.() === user.uid ? {} : { uid: user.uid, gid: user.gid }),
  });
}

/** How it ended: status and signal. Output may still come from a grandchild that keeps the pipe: it gets a moment, not for ever. */
function ended(child: ChildProcess, signal: AbortSignal): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new Error("cancelled"));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    child.once("error", reject);
    child.once("close", (...end) => resolve(end));
    child.once("exit", (...end) => setTimeout(() => resolve(end), 500).unref());
  });
}

function failure(what: string, output: string): Error {
  const lines = output.trimEnd().split("\n").slice(-keptLines);
  return new Error([what, ...lines].join("\n").trimEnd());
}
