import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/**
 * Writes the whole file or leaves the old one: a temporary neighbour, flushed, then renamed. Synchronous, so that
 * it can be used while a Pulumi program runs.
 */
export function writeAtomically(path: string, content: string, mode = 0o600): void {
  const temporary = neighbour(path);
  try {
    writeFileSync(temporary, content, { mode, flush: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/**
 * Creates the file with its whole content, unless it exists: of many callers at once one gets true. A reader never
 * sees it half written, because the content is complete before the name appears.
 */
export function createExclusively(path: string, content: string, mode = 0o600): boolean {
  const temporary = neighbour(path);
  try {
    writeFileSync(temporary, content, { mode, flush: true });
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Content of a text file; undefined when there is none. */
export function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** Whether an error of the file system or of a system call has one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
}

function neighbour(path: string): string {
  return `${path}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
}
