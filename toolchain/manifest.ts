import { createHash } from "node:crypto";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { realpath, stat, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import type { CatalogEntry } from "./catalog.ts";
import type { Installed, Source } from "./sources/source.ts";
import { toolNames, type Tool, type ToolName } from "./tool.ts";

/*
 * manifest.json is written last and makes a tool's folder complete: what it is, where it came from, and the size,
 * modification time and hash of each executable, so that `up` knows with a few stat calls that nothing changed.
 */

const manifestSchema = z.strictObject({
  tool: z.enum(toolNames),
  version: z.string(),
  source: z.string(),
  /** Fingerprint of the catalogue's data that led to this folder; another one means another tool. */
  recipe: z.string(),
  root: z.string(),
  bin: z.record(z.string(), z.string()),
  requires: z.array(z.string()),
  /** Why each better source did not serve when this one did. */
  refusals: z.record(z.string(), z.string()),
  files: z.array(z.strictObject({ path: z.string(), size: z.number(), mtimeMs: z.number(), sha256: z.string() })),
});

export type Manifest = z.infer<typeof manifestSchema>;

/**
 * The manifest of a folder, or undefined where it is missing, cut short or not ours. Synchronous, as every `up` does
 * this for all tools: handing such small reads to the thread pool costs more than doing them.
 */
export function readManifest(folder: string): Manifest | undefined {
  try {
    return manifestSchema.safeParse(JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"))).data;
  } catch {
    return undefined;
  }
}

export interface ManifestFacts {
  tool: ToolName;
  version: string;
  source: string;
  recipe: string;
  installed: Installed;
  refusals: readonly { source: string; reason: string }[];
}

/** Completes the folder `dir`. Executables outside it belong to the system and are recorded only where they serve from PATH. */
export async function writeManifest(dir: string, facts: ManifestFacts): Promise<void> {
  const { bin, root = ".", requires = [] } = facts.installed;
  const fromPath = resolve(dir, root) === root && !root.startsWith(dir);
  const files: Manifest["files"] = [];
  for (const path of Object.values(bin)) {
    const real = await realpath(resolve(dir, path));
    const inside = !relative(await realpath(dir), real).startsWith("..");
    if (!inside && !fromPath) continue;
    const { size, mtimeMs } = await stat(real);
    files.push({ path, size, mtimeMs, sha256: await sha256(real) });
  }
  const { tool, version, source, recipe } = facts;
  const refusals = Object.fromEntries(facts.refusals.map((refusal) => [refusal.source, refusal.reason]));
  const offered = { root, bin: { ...bin }, requires: [...requires] };
  const manifest: Manifest = { tool, version, source, recipe, refusals, ...offered, files };
  await writeFile(join(dir, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n", { mode: 0o644 });
}

/** What is wrong with the files of a complete folder, or undefined: an executable is gone or no longer the one installed. */
export async function findDamage(folder: string, manifest: Manifest): Promise<string | undefined> {
  for (const path of [...Object.values(manifest.bin), ...manifest.requires]) {
    const found = statSync(resolve(folder, path), { throwIfNoEntry: false });
    if (found === undefined) return `${path} is gone`;
    const recorded = manifest.files.find((file) => file.path === path);
    if (recorded === undefined) continue;
    if (found.size !== recorded.size) return `${path} has changed`;
    if (found.mtimeMs === recorded.mtimeMs) continue;
    if ((await sha256(resolve(folder, path))) !== recorded.sha256) return `${path} has changed`;
  }
  return undefined;
}

export function toTool(folder: string, manifest: Manifest): Tool {
  const bin = Object.fromEntries(
    Object.entries(manifest.bin).map(([program, path]) => [program, resolve(folder, path)]),
  );
  const { tool: name, version, source } = manifest;
  return { name, version, source, bin, root: resolve(folder, manifest.root) };
}

/** Changes whenever anything about a source, or about what the tool must offer, changes in the catalogue. */
export function recipeOf(source: Source, entry: CatalogEntry): string {
  const data = JSON.stringify([source, entry.programs, entry.version.range]);
  return createHash("sha256").update(data).digest("hex").slice(0, 16);
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
