import { readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { StackHome } from "./home.ts";

/** Removes the folder of a stack, whose lock the caller holds: the lock goes last, so that nobody moves in meanwhile. */
export async function removeHome({ dir, lockFile }: Pick<StackHome, "dir" | "lockFile">): Promise<void> {
  const isLock = (name: string) => name.startsWith(basename(lockFile));
  for (const name of await readdir(dir)) {
    if (!isLock(name)) await rm(join(dir, name), { recursive: true, force: true });
  }
  await rm(dir, { recursive: true, force: true });
}
