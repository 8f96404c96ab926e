import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "../../../home/files.ts";
import { family, isAlive, readIdentity, send } from "./identity.ts";
import type { SupervisorHome } from "./places.ts";
import { endFamily } from "./stop.ts";

/** Time for a task to end after SIGTERM. */
const patienceMs = 2000;

/** Folder where running tasks record who they are. */
export function tasksDir(home: SupervisorHome): string {
  return join(home.runDir, "tasks");
}

/**
 * Ends a task and everything it started, and forgets it. A task outlives a provider that was killed; two of the same
 * name must never work side by side.
 */
export async function endTask(home: SupervisorHome, name: string): Promise<void> {
  const file = join(tasksDir(home), name);
  const leader = readIdentity(file);
  if (leader) {
    const before = family(leader);
    if (isAlive(leader)) for (const { pid } of before) send(pid, "SIGTERM");
    await endFamily(leader, before, patienceMs);
  }
  await rm(file, { force: true });
}

/** Ends all tasks that still run. */
export async function endTasks(home: SupervisorHome): Promise<void> {
  try {
    await Promise.all(readdirSync(tasksDir(home)).map((name) => endTask(home, name)));
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
}
