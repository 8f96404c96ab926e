import { chmod, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import pLimit from "p-limit";
import { PurlinError } from "../errors/purlin-error.ts";
import { catalog as pinned, type Catalog, type CatalogEntry } from "./catalog.ts";
import { forgetFailures, readFailures, rememberFailure } from "./failures.ts";
import { installTool } from "./install.ts";
import { findInstalled } from "./installed.ts";
import { currentPlatform } from "./platform.ts";
import type { OnProgress, Phase } from "./progress.ts";
import { SourceUnavailable, type Source, type SourceContext } from "./sources/source.ts";
import { folderOf, nameOf, sources as real, type Sources } from "./sources/sources.ts";
import { withToolLock } from "./tool-lock.ts";
import type { Tool, ToolName, Tools } from "./tool.ts";

export interface EnsureOptions {
  /** Folder of the toolchain, `<data home>/toolchain`; made when missing. */
  home: string;
  tools: readonly ToolName[];
  /** The caller's environment. */
  env: NodeJS.ProcessEnv;
  onProgress?: OnProgress;
  /** Tools fetched at the same time; Go builds are one at a time all the same. */
  concurrency?: number;
  /** Fetch nothing: only what is cached, on PATH, or buildable from caches can serve. */
  offline?: boolean;
  /** Try sources again that failed minutes ago. */
  refresh?: boolean;
  signal?: AbortSignal;
  catalog?: Catalog;
  sources?: Sources;
}

/** Why no source serves a tool: each source with its reason, in order. */
export interface Refusal {
  source: string;
  reason: string;
}

/**
 * Makes sure that the tools are on this machine, verified, and returns where. What is cached costs a few stat calls;
 * the rest is fetched in parallel, each from its first source that serves. An optional tool without a source is left out.
 * @throws PurlinError TOOL_UNAVAILABLE, HOME_UNWRITABLE, TOOLCHAIN_FULL, PLATFORM_UNSUPPORTED
 */
export async function ensureTools(options: EnsureOptions): Promise<Tools> {
  const catalog: Catalog = options.catalog ?? pinned;
  const context = sourceContext(options);
  const limit = pLimit(options.concurrency ?? 12);
  const missing: { tool: ToolName; refusals: Refusal[] }[] = [];

  const ensured = await Promise.allSettled(
    options.tools.map(async (name) => {
      const cached = await findInstalled(options.home, name, catalog[name]);
      if (cached !== undefined) return cached.tool;
      const found = await limit(() => provide(name, catalog[name], context, options));
      if (!Array.isArray(found)) return found;
      if (catalog[name].optional !== true) missing.push({ tool: name, refusals: found });
      return undefined;
    }),
  );
  for (const result of ensured) if (result.status === "rejected") throw result.reason;
  if (missing.length > 0) throw new PurlinError("TOOL_UNAVAILABLE", { tools: missing });
  const tools = ensured.flatMap((result) => (result.status === "fulfilled" && result.value ? [result.value] : []));
  return Object.fromEntries(tools.map((tool) => [tool.name, tool]));
}

/** @throws PurlinError PLATFORM_UNSUPPORTED */
export function sourceContext(options: Pick<EnsureOptions, "env" | "offline" | "signal">): SourceContext {
  const platform = currentPlatform();
  if (platform === undefined) {
    throw new PurlinError("PLATFORM_UNSUPPORTED", { platform: `${process.platform}-${process.arch}` });
  }
  return { env: options.env, platform, offline: options.offline ?? false, signal: options.signal };
}

/** Gets one tool from its first source that serves, or tells why none does. */
async function provide(
  name: ToolName,
  entry: CatalogEntry,
  context: SourceContext,
  options: EnsureOptions,
): Promise<Tool | Refusal[]> {
  const { home } = options;
  const toolFolder = join(home, name);
  const began = performance.now();
  const report = (source: string, phase: Phase, detail: string) =>
    options.onProgress?.({ tool: name, source, phase, detail, seconds: (performance.now() - began) / 1000 });

  return onDisk(home, async () => {
    await makeOpenFolder(toolFolder);
    const wait = (pid: number) => report("", "wait", `process ${pid} is getting it`);
    return withToolLock(toolFolder, wait, async () => {
      const cached = await findInstalled(home, name, entry); // another process may have been at work
      if (cached !== undefined) return cached.tool;
      if (options.refresh === true) await forgetFailures(toolFolder);
      const refusals = await tryEach(name, entry, context, options, report);
      const found = await findInstalled(home, name, entry);
      if (found !== undefined) return found.tool;
      const why = refusals.map(({ source, reason }) => `${source}: ${reason}`).join("; ");
      if (entry.optional === true) report("", "absent", `${name} cannot be had (${why})`);
      return refusals;
    });
  });
}

/**
 * Tries sources in order until one has installed the tool. One that failed minutes ago is passed over, unless the tool
 * is needed and nothing else serves: then running the command again means to try again.
 */
async function tryEach(
  name: ToolName,
  entry: CatalogEntry,
  context: SourceContext,
  options: EnsureOptions,
  report: (source: string, phase: Phase, detail: string) => void,
): Promise<Refusal[]> {
  const toolFolder = join(options.home, name);
  const failures = await readFailures(toolFolder);
  const rested = entry.sources.filter((source) => failures[folderOf(source)] === undefined);
  const tired = entry.sources.filter((source) => failures[folderOf(source)] !== undefined);
  const reasons = new Map<Source, string>();

  for (const source of tired) reasons.set(source, `failed lately: ${failures[folderOf(source)]?.reason ?? ""}`);
  for (const source of entry.optional === true ? rested : [...rested, ...tired]) {
    const label = nameOf(source, context);
    const reason = await trySource({ source, entry, context, options, name, report: (...to) => report(label, ...to) });
    if (reason === undefined) return [];
    reasons.set(source, reason);
  }
  return entry.sources.map((source) => ({
    source: nameOf(source, context),
    reason: reasons.get(source) ?? "not tried",
  }));
}

interface Attempt {
  name: ToolName;
  source: Source;
  entry: CatalogEntry;
  context: SourceContext;
  options: EnsureOptions;
  report: (phase: Phase, detail: string) => void;
}

/** Installs from one source; the reason when it cannot serve. Only a failed attempt is remembered, a missing python is not. */
async function trySource({ name, source, entry, context, options, report }: Attempt): Promise<string | undefined> {
  const sources = options.sources ?? real;
  const toolFolder = join(options.home, name);
  try {
    report("check", folderOf(source));
    const reason = await sources.check(source, entry, context);
    if (reason !== undefined) return reason;
    await installTool({ tool: name, entry, source, toolFolder, context, sources, report });
    report("done", folderOf(source));
    return undefined;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof SourceUnavailable)) throw error;
    if (/no space left/i.test(error.message))
      throw new PurlinError("TOOLCHAIN_FULL", { path: toolFolder }, { cause: error });
    await rememberFailure(toolFolder, folderOf(source), error.message);
    return error.message;
  }
}

/** Makes the folder, its parents where missing too, readable for every user whatever the umask. */
async function makeOpenFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    await chmod(made, 0o755);
    if (made === first) return;
  }
}

/** Turns errors of the disk into what a user can act on. */
async function onDisk<T>(home: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOSPC" || code === "EDQUOT")
      throw new PurlinError("TOOLCHAIN_FULL", { path: home }, { cause: error });
    if (code === "EACCES" || code === "EPERM" || code === "EROFS" || code === "ENOTDIR") {
      const reason = error instanceof Error ? error.message : String(error);
      throw new PurlinError("HOME_UNWRITABLE", { path: home, reason }, { cause: error });
    }
    throw error;
  }
}
