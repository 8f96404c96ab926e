import { join } from "node:path";
import type { CatalogEntry } from "./catalog.ts";
import { findDamage, readManifest, recipeOf, toTool } from "./manifest.ts";
import type { Source } from "./sources/source.ts";
import { folderOf } from "./sources/sources.ts";
import type { Tool, ToolName } from "./tool.ts";

export interface InstalledTool {
  tool: Tool;
  source: Source;
  folder: string;
  /** Why better sources did not serve when this one did, by the source's name. */
  refusals: Readonly<Record<string, string>>;
}

/**
 * The tool as it lies in the cache, from the best source that has it, or undefined. Reads one manifest and stats the
 * executables; runs nothing.
 */
export async function findInstalled(
  home: string,
  name: ToolName,
  entry: CatalogEntry,
): Promise<InstalledTool | undefined> {
  for (const source of entry.sources) {
    const folder = join(home, name, folderOf(source));
    const manifest = readManifest(folder);
    if (manifest === undefined || manifest.tool !== name || manifest.recipe !== recipeOf(source, entry)) continue;
    if ((await findDamage(folder, manifest)) !== undefined) continue;
    return { tool: toTool(folder, manifest), source, folder, refusals: manifest.refusals };
  }
  return undefined;
}
