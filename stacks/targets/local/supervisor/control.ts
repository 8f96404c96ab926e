import { rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import pLimit from "p-limit";
import type { PlatformUser } from "../user.ts";
import { SupervisorClient } from "./client.ts";
import { writeConfig } from "./config.ts";
import { renderLauncher } from "./launcher.ts";
import { makeFolder, placeFile } from "./ownership.ts";
import { processDir, processIdentity, type SupervisorHome } from "./places.ts";
import { forgetReady } from "./ready.ts";
import { folders, specFile, type ProcessSpec } from "./process-spec.ts";
import { stopProcess } from "./stop.ts";

/**
 * The configuration is one file with every process that exists. Two that are started side by side must not write it
 * from lists of different moments, or supervisord reads a file that lacks one of them.
 */
const configuring = pLimit(1);

/**
 * Starts a process that does not run, by its spec, and returns at once. The spec is written first: killed in between,
 * the process shows as not running and the next `up` starts it.
 */
export async function startProcess(
  home: SupervisorHome,
  user: PlatformUser,
  name: string,
  spec: ProcessSpec,
): Promise<void> {
  const dir = processDir(home, name);
  makeFolder(dir, user);
  await forgetReady(home, name);
  await rm(processIdentity(home, name), { force: true }); // its count of starts begins anew
  await placeFile(join(dir, "run.sh"), renderLauncher(spec, { identity: processIdentity(home, name) }), user, 0o600);
  await recordSpec(home, user, name, spec);
  const client = new SupervisorClient(home);
  await configuring(async () => {
    await writeConfig(home, user);
    await client.define(name);
  });
  await client.start(name);
}

/** Persists a spec without touching the process. */
export async function recordSpec(
  home: SupervisorHome,
  user: PlatformUser,
  name: string,
  spec: ProcessSpec,
): Promise<void> {
  await placeFile(specFile(home, name), `${JSON.stringify(spec, null, 2)}\n`, user, 0o600);
}

/** Stops a process and removes every trace of it but its log. */
export async function removeProcess(
  home: SupervisorHome,
  user: PlatformUser,
  name: string,
  signal?: AbortSignal,
): Promise<void> {
  await stopProcess(home, name, signal);
  const client = new SupervisorClient(home);
  if (await client.program(name)) await client.forget(name);
  await rm(processDir(home, name), { recursive: true, force: true });
  await configuring(async () => {
    if (existsSync(home.dir)) await writeConfig(home, user);
  });
}

/**
 * Removes every process that is not in `keep`: the safety net under runs that were killed before the engine had
 * written down what they made. Gives the names removed.
 */
export async function sweep(home: SupervisorHome, user: PlatformUser, keep: ReadonlySet<string>): Promise<string[]> {
  const known = new Set([...folders(home), ...(await new SupervisorClient(home).programs()).keys()]);
  const strays = [...known].filter((name) => !keep.has(name));
  await Promise.all(strays.map((name) => removeProcess(home, user, name)));
  return strays;
}
