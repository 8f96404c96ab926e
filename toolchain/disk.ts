import { chmod, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { PurlinError } from "../errors/purlin-error.ts";

/** Makes a tool's folder, and its parents where missing, readable for every user whatever the umask. */
export async function makeToolFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    await chmod(made, 0o755);
    if (made === first) return;
  }
}

/**
 * Runs work on the toolchain's folder and turns errors of the disk into what a user can act on.
 * @throws PurlinError HOME_UNWRITABLE, TOOLCHAIN_FULL
 */
export async function onDisk<T>(home: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    switch (code) {
      case "ENOSPC":
      case "EDQUOT":
        throw new PurlinError("TOOLCHAIN_FULL", { path: home }, { cause: error });
      case "EACCES":
      case "EPERM":
      case "EROFS":
      case "EEXIST":
      case "ENOTDIR":
        throw new PurlinError("HOME_UNWRITABLE", { path: home, reason: messageOf(error) }, { cause: error });
      default:
        throw error;
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
