import { randomBytes } from "node:crypto";
import { chownSync, lstatSync, mkdirSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { hasCode } from "../../../home/files.ts";
import type { PlatformUser } from "../user.ts";

/** Only root can give files away; for anyone else the platform's user is themselves. */
const isRoot = process.getuid?.() === 0;

/** Creates a folder, and the missing ones above it, as the platform's user's. One that exists changes owner only. */
export function makeFolder(dir: string, user: PlatformUser, mode = 0o700): void {
  try {
    mkdirSync(dir, { mode });
  } catch (error) {
    if (hasCode(error, "ENOENT")) {
      makeFolder(dirname(dir), user);
      mkdirSync(dir, { mode });
    } else if (!hasCode(error, "EEXIST")) throw error;
  }
  const found = lstatSync(dir); // a symbolic link is refused: root must not be led to give away what it points to
  if (!found.isDirectory()) throw new Error(`${dir} is in the way: it is not a folder`);
  if (isRoot && (found.uid !== user.uid || found.gid !== user.gid)) chownSync(dir, user.uid, user.gid);
}

/** Writes a whole file as the platform's user's, or leaves the old one. Not flushed: what power loss truncates, the next `up` heals. */
export async function placeFile(path: string, content: string, user: PlatformUser, mode: number): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(content);
    if (isRoot) await file.chown(user.uid, user.gid);
    await file.chmod(mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
