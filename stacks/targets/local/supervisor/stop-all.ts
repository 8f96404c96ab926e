import { rm, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PurlinError } from "../../../../errors/purlin-error.ts";
import { hasCode } from "../../../home/files.ts";
import { SupervisorClient } from "./client.ts";
import { isAlive, readIdentity, send } from "./identity.ts";
import { supervisorIdentity, supervisorSocket, type SupervisorHome } from "./places.ts";
import { folders, readSpec } from "./process-spec.ts";
import { reachSupervisor } from "./reach.ts";
import { isRunning, stopProcess } from "./stop.ts";
import { endTasks } from "./tasks.ts";
import { waitUntil } from "./wait.ts";

export interface StopAllOptions {
  signal?: AbortSignal | undefined;
  /** Called for each process once it has stopped, with the seconds it took. */
  onStopped?: (name: string, seconds: number) => void;
}

/**
 * Stops every process of the stack, dependents before what they depend on, side by side within a level; then the
 * supervisor; then looks that nothing is left. Also ends orphans of a supervisor that was killed. Repeating it is safe.
 *
 * @throws PurlinError STILL_RUNNING.
 */
export async function stopAll(home: SupervisorHome, options: StopAllOptions = {}): Promise<void> {
  await reachSupervisor(home, options.signal);
  await endTasks(home);
  await stopProcesses(home, options);
  await stopSupervisor(home);
  const left = folders(home).filter((name) => isRunning(home, name));
  if (left.length > 0) throw new PurlinError("STILL_RUNNING", { processes: left });
  await emptyFolder(home.runDir);
}

/** Stops every process in reverse order of dependency and leaves the supervisor alone. */
export async function stopProcesses(home: SupervisorHome, { signal, onStopped }: StopAllOptions = {}): Promise<void> {
  for (const names of levels(home)) {
    const stops = names.map(async (name) => {
      const started = performance.now();
      await stopProcess(home, name, signal);
      onStopped?.(name, (performance.now() - started) / 1000);
    });
    // One that cannot be stopped must not keep the others running: all are tried, the last look tells what is left.
    await Promise.allSettled(stops);
    signal?.throwIfAborted();
  }
}

/** Names by level, highest first. A folder without a readable spec is of an unfinished start: nothing depends on it. */
function levels(home: SupervisorHome): string[][] {
  const byLevel = new Map<number, string[]>();
  for (const name of folders(home)) {
    const level = readSpec(home, name)?.level ?? Number.MAX_SAFE_INTEGER;
    byLevel.set(level, [...(byLevel.get(level) ?? []), name]);
  }
  return [...byLevel].sort(([a], [b]) => b - a).map(([, names]) => names);
}

async function stopSupervisor(home: SupervisorHome): Promise<void> {
  const client = new SupervisorClient(home);
  const identity = readIdentity(supervisorIdentity(home));
  if (await client.answers()) {
    await client.shutdown();
    // Its loop sleeps up to a second between two steps of the shutdown; each question wakes it.
    const gone = async (): Promise<boolean> =>
      (identity ? !isAlive(identity) : !(await client.answers())) || !(await client.answers());
    await waitUntil(gone, { timeoutMs: 2000 });
  }
  if (identity && isAlive(identity)) {
    send(identity.pid, "SIGKILL");
    await waitUntil(() => !isAlive(identity), { timeoutMs: 2000 });
  }
  const socket = supervisorSocket(home);
  const isElsewhere = dirname(socket) !== home.runDir;
  await rm(isElsewhere ? dirname(socket) : socket, { recursive: true, force: true });
}

async function emptyFolder(dir: string): Promise<void> {
  try {
    for (const entry of await readdir(dir)) await rm(join(dir, entry), { recursive: true, force: true });
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
}
