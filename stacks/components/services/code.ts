import { createHash, type Hash } from "node:crypto";
import { existsSync, globSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { PurlinError } from "../../../errors/purlin-error.ts";
import type { ServiceSpec } from "./outputs.ts";

const manifestSchema = z.object({
  version: z.string().optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
});

/**
 * That the folder of a service and the files its commands name are there.
 * @throws PurlinError SERVICE_FOLDER_MISSING, SERVICE_NOT_BUILT
 */
export function demandBuilt(service: string, { path, command, migrate }: ServiceSpec, folder: string): void {
  if (!existsSync(folder)) throw new PurlinError("SERVICE_FOLDER_MISSING", { service, path });
  for (const file of [command, ...(migrate ? [migrate] : [])].flatMap(scriptOf)) {
    if (!existsSync(join(folder, file)))
      throw new PurlinError("SERVICE_NOT_BUILT", { service, file: join(path, file) });
  }
}

/** `command` as run from anywhere: `node` is `nodeFile`, and a word that names a file of the folder is that file. */
export function commandIn(folder: string, command: [string, ...string[]], nodeFile: string): [string, ...string[]] {
  const [program, ...words] = command;
  const absolute = (word: string) => (isFile(join(folder, word)) ? join(folder, word) : word);
  return [program === "node" ? nodeFile : absolute(program), ...words.map(absolute)];
}

/**
 * Fingerprint of all code a service runs: its `dist` and `assets` (or, without a `dist`, everything but its
 * dependencies), its package.json, the same of packages linked from the repository, and the versions of all others it depends on.
 * Tests, types and source maps do not count: they change without changing what runs.
 */
export function fingerprintCode(folder: string): string {
  const hash = createHash("sha256");
  addPackage(hash, realpathSync(folder), new Set());
  return hash.digest("hex").slice(0, 16);
}

const notCode = ["**/node_modules/**", "**/.*", "**/.*/**", "**/*.map", "**/*.d.ts", "**/*.test.*", "**/*.tsbuildinfo"];

function addPackage(hash: Hash, folder: string, seen: Set<string>): void {
  if (seen.has(folder)) return;
  seen.add(folder);
  const root = existsSync(join(folder, "dist")) ? "{dist,assets}" : ".";
  const files = globSync(`${root}/**/*`, { cwd: folder, exclude: notCode }).filter((file) =>
    isFile(join(folder, file)),
  );
  for (const file of files.sort()) hash.update(`${file}\0`).update(readFileSync(join(folder, file)));
  const manifest = readManifest(folder);
  hash.update(JSON.stringify(manifest));
  for (const name of Object.keys(manifest.dependencies).sort()) {
    const dependency = findDependency(folder, name);
    if (dependency === undefined) continue; // the service will say so itself, better than we could
    if (dependency.includes("/node_modules/")) hash.update(`${name}@${readManifest(dependency).version ?? ""}\0`);
    else addPackage(hash, dependency, seen);
  }
}

function readManifest(folder: string) {
  const file = join(folder, "package.json");
  return manifestSchema.parse(existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {});
}

/** Real folder of a dependency, found as Node.js does: in the nearest node_modules above. */
function findDependency(from: string, name: string): string | undefined {
  const candidate = join(from, "node_modules", name);
  if (existsSync(candidate)) return realpathSync(candidate);
  return dirname(from) === from ? undefined : findDependency(dirname(from), name);
}

/** Words of a command that are scripts: what a build makes. */
function scriptOf(command: string[]): string[] {
  return command.filter((word, index) => /^[^-/][^ ]*\.[cm]?js$/.test(word) || (index === 0 && word.startsWith("./")));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
