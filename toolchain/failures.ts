import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** How long a source that failed is left alone, in milliseconds: an unreachable server must not slow every `up`. */
const rest = 10 * 60_000;

const failuresSchema = z.record(z.string(), z.object({ reason: z.string(), until: z.number() }));

export type Failures = z.infer<typeof failuresSchema>;

/** What lately failed for a tool, by the source's folder name. */
export async function readFailures(toolFolder: string, now = Date.now()): Promise<Failures> {
  try {
    const all = failuresSchema.parse(JSON.parse(await readFile(fileOf(toolFolder), "utf8")));
    return Object.fromEntries(Object.entries(all).filter(([, failure]) => failure.until > now));
  } catch {
    return {};
  }
}

/** Remembers that a source failed. Called under the tool's lock. */
export async function rememberFailure(
  toolFolder: string,
  source: string,
  reason: string,
  now = Date.now(),
): Promise<void> {
  const failures = { ...(await readFailures(toolFolder, now)), [source]: { reason, until: now + rest } };
  await writeFile(fileOf(toolFolder), JSON.stringify(failures, null, 2) + "\n");
}

/** Gives every source of a tool another chance. */
export async function forgetFailures(toolFolder: string): Promise<void> {
  await rm(fileOf(toolFolder), { force: true });
}

function fileOf(toolFolder: string): string {
  return join(toolFolder, "failures.json");
}
