import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

export const loadSchema = z.strictObject({
  urls: z.array(z.url()),
  headers: z.record(z.string(), z.string()).optional(),
  connections: z.number(),
  seconds: z.number(),
  /** Requests per second over all connections; absent means as many as there can be. */
  rate: z.number().optional(),
});
export type Load = z.infer<typeof loadSchema>;

/** Response times in milliseconds, the middle one and the slowest of 99 in 100, and requests per second. */
const loadResultSchema = z.strictObject({ p50: z.number(), p99: z.number(), rate: z.number() });

/** Sends requests from a process of its own. @throws Error when any of them fails. */
export async function sendLoad(load: Load): Promise<z.infer<typeof loadResultSchema>> {
  const worker = join(import.meta.dirname, "load.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [worker, JSON.stringify(load)]);
  return loadResultSchema.parse(JSON.parse(stdout));
}
