import { rmSync } from "node:fs";
import { hostname } from "node:os";
import { PurlinError } from "../../errors/purlin-error.ts";
import { readIfPresent } from "../../stacks/home/files.ts";
import { processTable } from "../../stacks/targets/local/supervisor/identity.ts";
import type { EngineOptions } from "./engine.ts";
import type { BackendLock, StateFiles } from "./state-files.ts";

/*
 * What a killed run may have left in the backend, put right before the next one starts. All of it happens under
 * purlin's own lock.
 */

/**
 * Makes the state file readable, or tells that there is none.
 *
 * @param known the stack has had a state before: a missing file is then damage, not a new stack
 * @returns whether the stack must be created in the backend
 * @throws PurlinError STATE_DAMAGED when neither the file nor a copy of it can be read.
 */
export function mendState(files: StateFiles, known: boolean, log: EngineOptions["log"]): { create: boolean } {
  const condition = files.condition();
  if (condition === "sound") return { create: false };
  if (condition === "missing" && !known) return { create: true };
  const copies = files.copies().length;
  const restored = files.restore();
  if (restored !== undefined) {
    log("warn", `the state file was ${condition}: restored from ${restored}; what changed since is adopted`);
    return { create: false };
  }
  if (condition === "damaged") throw new PurlinError("STATE_DAMAGED", { path: files.file, tried: copies });
  log("warn", "the state file is gone and has no copy: everything that exists is adopted into a new one");
  return { create: true };
}

/**
 * Removes locks of dead engines (what `pulumi cancel` does, without its process).
 *
 * @throws PurlinError BACKEND_LOCKED for the lock of a living process, or of another machine's.
 */
export function clearStaleLocks(files: StateFiles, stack: string): void {
  for (const lock of files.locks()) {
    if (!isStale(lock)) throw new PurlinError("BACKEND_LOCKED", { stack, holder: describe(lock) });
    rmSync(lock.file, { force: true });
  }
}

function isStale({ owner }: BackendLock): boolean {
  if (owner === undefined) return true; // died while writing it
  return owner.hostname === hostname() && !isPulumi(owner.pid);
}

/**
 * The backend records no start time, so a pid used again by something else is told by its name. A zombie counts as
 * dead: an engine whose purlin was killed stays one until init gets round to it.
 */
function isPulumi(pid: number): boolean {
  if (!processTable().some((row) => row.pid === pid)) return false;
  return process.platform !== "linux" || readIfPresent(`/proc/${pid}/comm`)?.trim() === "pulumi";
}

function describe({ file, owner }: BackendLock): string {
  if (owner === undefined) return file;
  return `${owner.username}@${owner.hostname} (pid ${owner.pid}) since ${owner.timestamp}`;
}
