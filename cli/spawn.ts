import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { Spawned } from "./platform.ts";

/**
 * Runs a program on this terminal and returns its exit code, 128 and the signal's number when a signal ended it, as
 * shells do. Undefined when there is no such program.
 */
export async function spawnHere({ command: [program, ...args], cwd, env }: Spawned): Promise<number | undefined> {
  const child = spawn(program, args, { cwd, env, stdio: "inherit" });
  const ended = new Promise<number>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
  try {
    await once(child, "spawn");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  return ended;
}
