import { access, chmod, constants, lstat, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { CatalogEntry } from "./catalog.ts";
import { recipeOf, writeManifest } from "./manifest.ts";
import type { OnProgress } from "./progress.ts";
import { SourceUnavailable, type Source, type SourceContext } from "./sources/source.ts";
import { folderOf, nameOf, type Sources } from "./sources/sources.ts";
import type { ToolName } from "./tool.ts";
import { verifyVersion } from "./verify.ts";

export interface InstallJob {
  tool: ToolName;
  entry: CatalogEntry;
  source: Source;
  /** `<toolchain>/<tool>`. */
  toolFolder: string;
  context: SourceContext;
  sources: Sources;
  /** Why better sources did not serve, for the manifest. */
  refusals: readonly { source: string; reason: string }[];
  report: (phase: Parameters<OnProgress>[0]["phase"], detail: string) => void;
}

/**
 * Installs a tool from one source into `<tool>/<version>-<source>/`. All happens in a folder beside it, which is
 * renamed once it is verified and described by its manifest: whoever is killed half way leaves nothing that looks
 * complete. Returns the folder.
 * @throws SourceUnavailable when this source cannot serve; errors of the disk pass through.
 */
export async function installTool(job: InstallJob): Promise<string> {
  await sweepPartial(job.toolFolder);
  const dir = await mkdtemp(join(job.toolFolder, partial));
  try {
    const { entry, context } = job;
    const installContext = { ...context, dir, programs: entry.programs, onPhase: job.report };
    const installed = await job.sources.install(job.source, entry, installContext);
    job.report("verify", entry.programs.join(" "));
    for (const program of entry.programs) await requireProgram(dir, program, installed.bin[program]);
    await openToOthers(dir);
    const asked = resolve(dir, installed.bin[entry.version.program] ?? "");
    const version = await verifyVersion(asked, entry.version, context.env);
    const source = job.source.kind === "path" ? `PATH ${asked}` : nameOf(job.source, context);
    const recipe = recipeOf(job.source, entry);
    await writeManifest(dir, { tool: job.tool, version, source, recipe, installed, refusals: job.refusals });
    return await publish(dir, join(job.toolFolder, folderOf(job.source)));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const partial = ".partial-";

/** What killed installations left. Called under the tool's lock, so no living one is at work here. */
async function sweepPartial(toolFolder: string): Promise<void> {
  for (const entry of await readdir(toolFolder)) {
    // Retried, since a program that outlived its killed caller may still be writing there.
    if (entry.startsWith(partial)) await rm(join(toolFolder, entry), { recursive: true, force: true, maxRetries: 5 });
  }
}

async function requireProgram(dir: string, program: string, path: string | undefined): Promise<void> {
  try {
    if (path === undefined) throw new Error("not offered");
    await access(resolve(dir, path), constants.X_OK);
  } catch {
    throw new SourceUnavailable(`it brings no executable ${program}`);
  }
}

/** Lets every user read and enter, whatever the caller's umask: under root the daemons run as another user. */
async function openToOthers(path: string): Promise<void> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) return;
  const executable = found.isDirectory() || (found.mode & 0o100) !== 0;
  const wanted = (found.mode & 0o777) | (executable ? 0o755 : 0o644);
  if (wanted !== (found.mode & 0o7777)) await chmod(path, wanted);
  if (!found.isDirectory()) return;
  for (const entry of await readdir(path)) await openToOthers(join(path, entry));
}

/** A damaged folder in the way is moved aside first; daemons that still run from it keep their files. */
async function publish(dir: string, target: string): Promise<string> {
  const aside = await mkdtemp(join(target, "..", partial));
  try {
    await rename(target, join(aside, "old")).catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    });
    await rename(dir, target);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return target;
}
