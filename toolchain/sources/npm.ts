import { createHash } from "node:crypto";
import { readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { z } from "zod";
import { run } from "./run.ts";
import {
  SourceUnavailable,
  type InstallContext,
  type Installed,
  type NpmSource,
  type SourceContext,
} from "./source.ts";
import { which } from "./which.ts";

const linkList = z.array(z.object({ source: z.string(), target: z.string() }));

/** Why the npm package cannot serve, as far as this machine tells. */
export async function checkNpm(source: NpmSource, context: SourceContext): Promise<string | undefined> {
  if (source.packages[context.platform] === undefined) return `no package for ${context.platform}`;
  if (context.offline) return "offline";
  return (await which("npm", context.env)).length === 0 ? "npm is not on PATH" : undefined;
}

/** Asks the registry whether it has the pinned version. */
export async function probeNpm(source: NpmSource, context: SourceContext): Promise<void> {
  const { name } = packageFor(source, context);
  await run("npm", ["view", `${name}@${source.version}`, "dist.integrity", ...patience], {
    env: context.env,
    timeout: 30,
  });
}

/**
 * Fetches the package, compares it with the pinned hash and unpacks it.
 * @throws SourceUnavailable
 */
export async function installNpm(source: NpmSource, context: InstallContext): Promise<Installed> {
  const { name, integrity } = packageFor(source, context);
  context.onPhase("download", `${name}@${source.version}`);
  await run(
    "npm",
    ["pack", `${name}@${source.version}`, "--pack-destination", context.dir, "--ignore-scripts", ...patience],
    { env: context.env, cwd: context.dir, timeout: 600, signal: context.signal },
  );
  const archive = (await readdir(context.dir)).find((file) => file.endsWith(".tgz"));
  if (archive === undefined) throw new SourceUnavailable(`npm fetched no archive of ${name}`);
  const archivePath = join(context.dir, archive);
  compareIntegrity(await readFile(archivePath), integrity, `${name}@${source.version}`);

  context.onPhase("install", name);
  await run("tar", ["-xzf", archivePath, "--no-same-owner", "-C", context.dir], { env: context.env, timeout: 300 });
  await rm(archivePath);
  const unpacked = join(context.dir, "package");
  await makeLinks(unpacked, source.links);
  for (const entry of await readdir(join(unpacked, source.folder))) {
    await rename(join(unpacked, source.folder, entry), join(context.dir, entry));
  }
  await rm(unpacked, { recursive: true });
  return { bin: Object.fromEntries(context.programs.map((program) => [program, `bin/${program}`])) };
}

const patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=10000", "--loglevel=error"];

function packageFor(source: NpmSource, context: SourceContext): { name: string; integrity: string } {
  const found = source.packages[context.platform];
  if (found === undefined) throw new SourceUnavailable(`no package for ${context.platform}`);
  return found;
}

function compareIntegrity(content: Buffer, integrity: string, what: string): void {
  const found = `sha512-${createHash("sha512").update(content).digest("base64")}`;
  if (found !== integrity) throw new SourceUnavailable(`hash mismatch: ${what} is ${found}, pinned is ${integrity}`);
}

/** npm archives cannot hold symbolic links; the package lists them instead. They are relative, so the tree can move. */
async function makeLinks(folder: string, list: string): Promise<void> {
  const links = linkList.parse(JSON.parse(await readFile(join(folder, list), "utf8")));
  for (const { source, target } of links) {
    const path = join(folder, target);
    if (relative(folder, path).startsWith("..")) throw new SourceUnavailable(`${list} points outside the package`);
    await rm(path, { force: true });
    await symlink(relative(dirname(path), join(folder, source)), path);
  }
}
