import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { PlatformUser } from "../user.ts";
import { placeFile } from "./ownership.ts";
import { processDir, type SupervisorHome } from "./places.ts";

/*
 * A process that never answered its probe is not done, although it runs: a run that was killed while it waited left it
 * so. The marker lies beside the spec from the first good answer to the next intended start.
 */
const readyMarker = (home: SupervisorHome, name: string): string => join(processDir(home, name), "ready");

export async function markReady(home: SupervisorHome, user: PlatformUser, name: string): Promise<void> {
  await placeFile(readyMarker(home, name), "", user, 0o600);
}

export function wasReady(home: SupervisorHome, name: string): boolean {
  return existsSync(readyMarker(home, name));
}

export async function forgetReady(home: SupervisorHome, name: string): Promise<void> {
  await rm(readyMarker(home, name), { force: true });
}
