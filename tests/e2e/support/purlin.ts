import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";

export const packageRoot = join(import.meta.dirname, "../../..");
const executable = join(packageRoot, "bin/purlin.js");

export interface Result {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** Run as this user; only root can choose. */
  user?: { uid: number; gid: number } | undefined;
  /** Milliseconds after which the run is killed and the test fails: a bound, not a measure. */
  timeout?: number;
}

export interface Run {
  child: ChildProcess;
  pid: number;
  done: Promise<Result>;
}

/** Starts `purlin <args>` in a process group of its own, as a terminal would, so that signals can go to all of it. */
export function startPurlin(args: readonly string[], { cwd, env, user, timeout = 300_000 }: RunOptions): Run {
  const child = spawn(executable, args, {
    cwd,
    env: { ...bareEnvironment(), ...env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    ...user,
  });
  if (child.pid === undefined) throw new Error("purlin could not be started");
  const { pid } = child;
  const timer = setTimeout(() => killGroup(pid, "SIGKILL"), timeout);
  const done = Promise.all([
    received(child.stdout),
    received(child.stderr),
    new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
      child.on("exit", (code, signal) => resolve({ code, signal })),
    ),
  ]).then(([stdout, stderr, exit]) => {
    clearTimeout(timer);
    return { ...exit, stdout, stderr };
  });
  return { child, pid, done };
}

/** All of a stream's text; nothing when the test itself stopped listening. */
function received(stream: Readable): Promise<string> {
  return text(stream).catch(() => "");
}

/** Runs `purlin <args>` to its end. */
export function purlin(args: readonly string[], options: RunOptions): Promise<Result> {
  return startPurlin(args, options).done;
}

/** Runs `purlin <args>` and throws, with all it printed, unless it exits with 0. */
export async function purlinOk(args: readonly string[], options: RunOptions): Promise<Result> {
  const result = await purlin(args, options);
  if (result.code !== 0) {
    throw new Error(
      `purlin ${args.join(" ")} exited with ${result.code ?? result.signal}\n${result.stdout}\n${result.stderr}`,
    );
  }
  return result;
}

/** Sends a signal to a whole process group; one that is gone is fine. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** The tests' own environment without any setting of purlin or Pulumi. */
function bareEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name]) => !/^(PURLIN|PULUMI)_/.test(name));
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}
