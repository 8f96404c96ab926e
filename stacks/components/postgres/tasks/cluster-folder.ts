import { open, readFile } from "node:fs/promises";
import path from "node:path";
import { PurlinError } from "../../../../errors/purlin-error.ts";

/** Major version of the data folder, undefined when there is none. */
export async function dataMajor(dataDir: string): Promise<number | undefined> {
  try {
    return Number.parseInt(await readFile(path.join(dataDir, "PG_VERSION"), "utf8"), 10);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Throws POSTGRES_DATA_VERSION when the folder holds data of another major version than `wanted`. */
export async function requireMajor(dataDir: string, wanted: number): Promise<"present" | "absent"> {
  const found = await dataMajor(dataDir);
  if (found === undefined) return "absent";
  if (found !== wanted) throw new PurlinError("POSTGRES_DATA_VERSION", { path: dataDir, found, wanted });
  return "present";
}

/** The identifier initdb gave the cluster and every copy of it shares: the first 8 bytes of pg_control. */
export async function systemIdentifier(dataDir: string): Promise<string> {
  const file = await open(path.join(dataDir, "global", "pg_control"));
  try {
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
    return buffer.readBigUInt64LE().toString();
  } finally {
    await file.close();
  }
}

/** Whether an operation failed because the file is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
