import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { isPurlinError } from "../errors/purlin-error.ts";
import type { Blueprint } from "../stacks/blueprint/blueprint.ts";
import type { StackHome } from "../stacks/home/home.ts";
import type { Context } from "./context.ts";

export interface OpenStack {
  blueprint: Blueprint;
  home: StackHome;
}

/** Path of the blueprint: --file or PURLIN_FILE, else the nearest purlin.yaml from the working folder upwards. */
function blueprintFile({ cwd, settings }: Pick<Context, "cwd" | "settings">): string {
  if (settings.file !== undefined) return resolve(cwd, settings.file);
  for (let dir = cwd; ; dir = dirname(dir)) {
    const file = join(dir, "purlin.yaml");
    if (existsSync(file)) return file;
    if (dir === dirname(dir)) return join(cwd, "purlin.yaml");
  }
}

export function openBlueprint(context: Pick<Context, "cwd" | "settings" | "platform">): Promise<Blueprint> {
  const file = blueprintFile(context);
  return context.platform.resolveBlueprint({
    file,
    stack: context.settings.stack,
    shown: shownFrom(context.cwd, file),
  });
}

/** A path as people name it who are in `folder`: from there, when it is inside. */
function shownFrom(folder: string, path: string): string {
  const below = relative(folder, path);
  return below.startsWith("..") ? path : below;
}

/**
 * The blueprint and the folder of its stack.
 *
 * @param create make the folder when there is none; otherwise that is STACK_UNKNOWN.
 */
export async function openStack(
  context: Pick<Context, "cwd" | "settings" | "platform">,
  { create }: { create: boolean },
): Promise<OpenStack> {
  const blueprint = await openBlueprint(context);
  return { blueprint, home: await context.platform.openHome(blueprint, { create }) };
}

/** The folder of a stack, or undefined before its first `up`. */
export async function findHome(platform: Context["platform"], blueprint: Blueprint): Promise<StackHome | undefined> {
  try {
    return await platform.openHome(blueprint, { create: false });
  } catch (error) {
    if (isPurlinError(error) && error.code === "STACK_UNKNOWN") return undefined;
    throw error;
  }
}
