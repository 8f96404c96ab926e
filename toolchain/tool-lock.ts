import { link, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { isAlive, isRunning, thisProcess, type Owner } from "./owner.ts";

const ownerSchema = z.object({ pid: z.number(), started: z.string() });

/**
 * Runs `work` while this process alone holds the lock of a tool's folder. A lock whose owner has ended is taken over.
 * The lock spares double work; what keeps the folder whole is that an installation appears by one rename.
 */
export async function withToolLock<T>(
  folder: string,
  onWait: (pid: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  const lock = join(folder, ".lock");
  const own = join(folder, `.lock-${process.pid}-${crypto.randomUUID()}`);
  await writeFile(own, JSON.stringify(await thisProcess()));
  try {
    await acquire(lock, own, onWait);
    try {
      await sweep(folder);
      return await work();
    } finally {
      await rm(lock, { force: true });
    }
  } finally {
    await rm(own, { force: true });
  }
}

/** Removes what processes left that were killed while they held or awaited the lock. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /^\.lock-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !(await isRunning(Number(pid)))) await rm(join(folder, name), { force: true });
  }
}

async function acquire(lock: string, own: string, onWait: (pid: number) => void): Promise<void> {
  let told = false;
  while (!(await tryLink(own, lock))) {
    const owner = await readOwner(lock);
    if (owner === undefined) continue; // released meanwhile
    if (!(await isAlive(owner))) {
      await reclaim(lock, owner);
      continue;
    }
    if (!told) onWait(owner.pid);
    told = true;
    await sleep(100);
  }
}

/** A hard link appears whole or not at all, so no one ever reads half a lock. */
async function tryLink(own: string, lock: string): Promise<boolean> {
  try {
    await link(own, lock);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Moves a dead owner's lock away. If another process was faster and the lock is a living one's, it is put back. */
async function reclaim(lock: string, dead: Owner): Promise<void> {
  const aside = `${lock}-${process.pid}-${crypto.randomUUID()}`;
  try {
    await rename(lock, aside);
  } catch {
    return; // another process took it over
  }
  const moved = await readOwner(aside);
  if (moved !== undefined && (moved.pid !== dead.pid || moved.started !== dead.started)) await tryLink(aside, lock);
  await rm(aside, { force: true });
}

async function readOwner(lock: string): Promise<Owner | undefined> {
  try {
    return ownerSchema.parse(JSON.parse(await readFile(lock, "utf8")));
  } catch {
    return undefined;
  }
}
