import { readFileSync } from "node:fs";
import path from "node:path";
import { PurlinError } from "../../../errors/purlin-error.ts";

/** Major version of the data folder, undefined when there is none. */
export function dataMajor(dataDir: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(path.join(dataDir, "PG_VERSION"), "utf8"), 10);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Throws POSTGRES_DATA_VERSION when the folder holds data of another major version than `wanted`. */
export function requireMajor(dataDir: string, wanted: number): "present" | "absent" {
  const found = dataMajor(dataDir);
  if (found === undefined) return "absent";
  if (found !== wanted) throw new PurlinError("POSTGRES_DATA_VERSION", { path: dataDir, found, wanted });
  return "present";
}

/** Whether an operation failed because the file is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
