import { existsSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Blueprint } from "../blueprint/blueprint.ts";
import { engineSettings, type StackHome } from "./home.ts";
import { openHome } from "./open.ts";

/** Whether the stack was ever brought up here; `init` alone makes a home, but no stack. */
export function wasUp(home: StackHome, stack: string): boolean {
  return existsSync(engineSettings(home, stack));
}

/**
 * A home in the system's temporary folder, for a look at a stack that was never up: to say what would be made takes
 * ports, keys, a certificate and an empty state, and looking must leave nothing of them behind.
 */
export function scratchHome(blueprint: Blueprint): { home: StackHome; remove: () => Promise<void> } {
  const dir = mkdtempSync(join(tmpdir(), "purlin-plan-"));
  return {
    home: openHome({ blueprint, env: { PURLIN_HOME: dir }, create: true }),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}
