import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { PurlinError } from "../../errors/purlin-error.ts";
import type { Blueprint } from "../blueprint/blueprint.ts";
import { createExclusively, hasCode, readIfPresent, writeAtomically } from "./files.ts";
import { dataHome, stackHome, type StackHome } from "./home.ts";

const isRoot = process.getuid?.() === 0;
/** Root's folders hold data of the unprivileged platform user, who must be able to walk through, not look around. */
const walkable = isRoot ? 0o711 : 0o700;
/** A stack without this much room fails half way: state, logs and Postgres' first files need about 100 MB. */
const leastFreeBytes = 128 * 1024 * 1024;

const ownerSchema = z.object({ name: z.string(), stack: z.string(), file: z.string() });
type Owner = z.infer<typeof ownerSchema>;

export interface OpenHomeOptions {
  blueprint: Pick<Blueprint, "name" | "stack" | "file">;
  env: Readonly<Record<string, string | undefined>>;
  /** Create the stack's folder when there is none; otherwise that is STACK_UNKNOWN. */
  create: boolean;
}

/**
 * Finds or creates the folder of a stack. A folder belongs to one blueprint file: the same name and stack from
 * another checkout gets a folder of its own (`shop-dev-2`), unless the recorded checkout is gone: then the project
 * has moved, and takes its folder along.
 *
 * @throws PurlinError STACK_UNKNOWN, HOME_UNWRITABLE, HOME_FULL.
 */
export function openHome({ blueprint, env, create }: OpenHomeOptions): StackHome {
  const home = dataHome(env);
  return reportTrouble(home, () => {
    const dir = findStack(home, blueprint) ?? (create ? createStack(home, blueprint) : undefined);
    if (dir === undefined) throw new PurlinError("STACK_UNKNOWN", { name: blueprint.name, stack: blueprint.stack });
    const places = stackHome(dir);
    if (create) prepare(home, places);
    return places;
  });
}

function findStack(home: string, blueprint: OpenHomeOptions["blueprint"]): string | undefined {
  const moved: string[] = [];
  for (const dir of existing(home, blueprint)) {
    const owner = readOwner(dir, blueprint);
    if (owner?.name !== blueprint.name || owner.stack !== blueprint.stack) continue;
    if (owner.file === blueprint.file) return dir;
    if (!existsSync(owner.file)) moved.push(dir);
  }
  const [dir] = moved;
  if (dir !== undefined) writeAtomically(join(dir, "stack.json"), ownerText(blueprint));
  return dir;
}

function createStack(home: string, blueprint: OpenHomeOptions["blueprint"]): string {
  for (let n = 1; ; n++) {
    const dir = join(home, "stacks", `${blueprint.name}-${blueprint.stack}${n === 1 ? "" : `-${n}`}`);
    mkdirSync(dir, { recursive: true, mode: walkable });
    if (createExclusively(join(dir, "stack.json"), ownerText(blueprint))) return dir;
  }
}

/** Folders the stack may have: its key, or its key with a number. Gaps are normal: `shop-dev` may be gone and `shop-dev-2` not. */
function existing(home: string, { name, stack }: OpenHomeOptions["blueprint"]): string[] {
  const folder = join(home, "stacks");
  if (!existsSync(folder)) return [];
  const key = `${name}-${stack}`;
  const suffix = (entry: string) => entry.slice(key.length);
  return readdirSync(folder)
    .filter((entry) => entry.startsWith(key) && /^(-\d+)?$/.test(suffix(entry)))
    .sort((a, b) => Number(suffix(b)) - Number(suffix(a)))
    .map((entry) => join(folder, entry));
}

/** Who the folder belongs to. A damaged record counts as ours with an unknown checkout: it is taken over, not lost. */
function readOwner(dir: string, { name, stack }: OpenHomeOptions["blueprint"]): Owner | undefined {
  const text = readIfPresent(join(dir, "stack.json"));
  if (text === undefined) return undefined;
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    return { name, stack, file: "" };
  }
}

function ownerText({ name, stack, file }: OpenHomeOptions["blueprint"]): string {
  return `${JSON.stringify({ name, stack, file }, null, 2)}\n`;
}

function prepare(home: string, places: StackHome): void {
  for (const dir of [places.stateDir, places.pulumiDir]) mkdirSync(dir, { recursive: true, mode: 0o700 });
  mkdirSync(join(places.logsDir, "runs"), { recursive: true, mode: walkable });
  createExclusively(places.passphraseFile, `${randomBytes(32).toString("base64url")}\n`);
  createExclusively(places.masterKeyFile, `${randomBytes(32).toString("base64url")}\n`);
  proveWritable(home, places.dir);
}

function proveWritable(home: string, dir: string): void {
  const probe = join(dir, `.probe-${process.pid}`);
  writeFileSync(probe, Buffer.alloc(64 * 1024), { flush: true });
  rmSync(probe);
  const { bavail, bsize } = statfsSync(dir);
  if (bavail * bsize < leastFreeBytes) {
    throw new PurlinError("HOME_FULL", { path: home, freeBytes: bavail * bsize, neededBytes: leastFreeBytes });
  }
}

function reportTrouble<T>(home: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (hasCode(error, "ENOSPC", "EDQUOT")) {
      throw new PurlinError("HOME_FULL", { path: home, freeBytes: 0, neededBytes: leastFreeBytes }, { cause: error });
    }
    if (error instanceof Error && hasCode(error, "EACCES", "EPERM", "EROFS", "ENOTDIR", "ENOENT")) {
      throw new PurlinError("HOME_UNWRITABLE", { path: home, reason: error.message }, { cause: error });
    }
    throw error;
  }
}
