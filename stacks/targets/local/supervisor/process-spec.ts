import { readdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { hasCode, readIfPresent } from "../../../home/files.ts";
import { probeSchema } from "../probe/spec.ts";
import { processDir, type SupervisorHome } from "./places.ts";

/** Names become program names of supervisord, folder names and rows of status. */
export const processNamePattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

const noNul = z.string().refine((text) => !text.includes("\0"), "holds a NUL byte");
const fingerprints = z.record(z.string(), z.string());

/** Everything about a process, as declared: what `processes/<name>/process.json` holds. */
export const processSpecSchema = z.strictObject({
  component: z.string(),
  command: z.tuple([noNul], noNul),
  cwd: noNul.optional(),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not a name a shell can export"), noNul).default({}),
  stop: z.strictObject({ signal: z.enum(["TERM", "INT", "QUIT"]), timeoutSeconds: z.number().positive() }),
  ready: probeSchema,
  leaves: z.array(noNul).default([]),
  startTimeoutSeconds: z.number().positive(),
  minReadySeconds: z.number().positive().optional(),
  restartOn: fingerprints.default({}),
  reload: z.strictObject({ signal: z.enum(["HUP", "USR1"]), on: fingerprints }).optional(),
  /** Length of the chain of processes it depends on; higher levels stop first. */
  level: z.int().nonnegative(),
});

export type ProcessSpec = z.infer<typeof processSpecSchema>;

/** A process this stack knows, whether or not it runs. */
export interface KnownProcess {
  name: string;
  spec: ProcessSpec;
}

/** Every process of the stack, by name. Needs neither the engine nor the supervisor. */
export function listProcesses(home: SupervisorHome): KnownProcess[] {
  return folders(home).flatMap((name) => {
    const spec = readSpec(home, name);
    return spec === undefined ? [] : [{ name, spec }];
  });
}

/** The persisted spec; undefined when there is none, or it is of an older format or truncated: then it is written anew. */
export function readSpec(home: SupervisorHome, name: string): ProcessSpec | undefined {
  const text = readIfPresent(specFile(home, name));
  if (text === undefined) return undefined;
  try {
    return processSpecSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function specFile(home: SupervisorHome, name: string): string {
  return join(processDir(home, name), "process.json");
}

/** Names of all folders under `processes/`, also of half-made ones. */
export function folders(home: SupervisorHome): string[] {
  try {
    return readdirSync(home.processesDir)
      .filter((name) => processNamePattern.test(name))
      .sort();
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}
