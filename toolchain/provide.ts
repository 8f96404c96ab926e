import { join } from "node:path";
import { PurlinError } from "../errors/purlin-error.ts";
import type { CatalogEntry } from "./catalog.ts";
import { forgetFailures, readFailures, rememberFailure } from "./failures.ts";
import { makeToolFolder, onDisk } from "./disk.ts";
import { installTool } from "./install.ts";
import { findInstalled } from "./installed.ts";
import type { OnProgress, Phase } from "./progress.ts";
import { SourceUnavailable, type Source, type SourceContext } from "./sources/source.ts";
import { folderOf, nameOf, type Sources } from "./sources/sources.ts";
import { withToolLock } from "./tool-lock.ts";
import type { Tool, ToolName } from "./tool.ts";

/** Why a source does not serve a tool. */
export interface Refusal {
  source: string;
  reason: string;
}

export interface ProvideJob {
  home: string;
  tool: ToolName;
  entry: CatalogEntry;
  context: SourceContext;
  sources: Sources;
  refresh: boolean;
  onProgress: OnProgress;
}

/**
 * Gets one tool from its first source that serves, or tells for each why it does not.
 * @throws PurlinError HOME_UNWRITABLE, TOOLCHAIN_FULL
 */
export async function provideTool(job: ProvideJob): Promise<{ tool: Tool } | { refusals: Refusal[] }> {
  const { home, tool, entry } = job;
  const toolFolder = join(home, tool);
  const began = performance.now();
  const report: Report = (source, phase, detail) =>
    job.onProgress({ tool, source, phase, detail, seconds: (performance.now() - began) / 1000 });

  if (entry.optional === true && !job.refresh) {
    const refusals = await refusalsByMemory(job, toolFolder);
    if (refusals !== undefined) return absent(refusals, report);
  }
  return onDisk(home, async () => {
    await makeToolFolder(toolFolder);
    const wait = (pid: number) => report("", "wait", `process ${pid} is getting it`);
    return withToolLock(toolFolder, wait, async () => {
      const meanwhile = await findInstalled(home, tool, entry); // by the process that held the lock
      if (meanwhile !== undefined) return { tool: meanwhile.tool };
      if (job.refresh) await forgetFailures(toolFolder);
      const refusals = await tryEach(job, toolFolder, report);
      const found = await findInstalled(home, tool, entry);
      if (found !== undefined) return { tool: found.tool };
      return entry.optional === true ? absent(refusals, report) : { refusals };
    });
  });
}

type Report = (source: string, phase: Phase, detail: string) => void;

function absent(refusals: Refusal[], report: Report): { refusals: Refusal[] } {
  report("", "absent", refusals.map(({ source, reason }) => `${source}: ${reason}`).join("; "));
  return { refusals };
}

/** The reasons, where every source failed minutes ago or cannot serve by this machine alone: the common case of every `up`. */
async function refusalsByMemory(job: ProvideJob, toolFolder: string): Promise<Refusal[] | undefined> {
  const failures = await readFailures(toolFolder);
  const refusals: Refusal[] = [];
  for (const source of job.entry.sources) {
    const reason = failures[folderOf(source)]?.reason ?? (await job.sources.check(source, job.entry, job.context));
    if (reason === undefined) return undefined;
    refusals.push({ source: nameOf(source, job.context), reason });
  }
  return refusals;
}

/**
 * Tries sources in order until one has installed the tool. One that failed minutes ago is passed over; only when
 * nothing else serves a tool that is needed is it tried again, because running the command again asks for just that.
 */
async function tryEach(job: ProvideJob, toolFolder: string, report: Report): Promise<Refusal[]> {
  const failures = await readFailures(toolFolder);
  const reasons = new Map<Source, string>();
  const refusals = () =>
    job.entry.sources.flatMap((source) => {
      const reason = reasons.get(source);
      return reason === undefined ? [] : [{ source: nameOf(source, job.context), reason }];
    });

  const resting: Source[] = [];
  for (const source of job.entry.sources) {
    const failure = failures[folderOf(source)];
    if (failure === undefined) continue;
    resting.push(source);
    reasons.set(source, failure.reason);
  }
  const ready = job.entry.sources.filter((source) => !resting.includes(source));
  for (const source of job.entry.optional === true ? ready : [...ready, ...resting]) {
    reasons.delete(source);
    const reason = await trySource(job, source, toolFolder, refusals(), report);
    if (reason === undefined) break;
    reasons.set(source, reason);
  }
  return refusals();
}

/**
 * Installs from one source; returns the reason when it cannot serve. A failed attempt is remembered for some minutes;
 * what this machine lacks is not, so that it helps at once to install it.
 */
async function trySource(
  job: ProvideJob,
  source: Source,
  toolFolder: string,
  refusals: Refusal[],
  report: Report,
): Promise<string | undefined> {
  const { tool, entry, context, sources } = job;
  const tell = (phase: Phase, detail: string) => report(nameOf(source, context), phase, detail);
  try {
    tell("check", folderOf(source));
    const reason = await sources.check(source, entry, context);
    if (reason !== undefined) return reason;
    await installTool({ tool, entry, source, toolFolder, context, sources, refusals, report: tell });
    tell("done", folderOf(source));
    return undefined;
  } catch (error) {
    context.signal?.throwIfAborted();
    if (!(error instanceof SourceUnavailable)) throw error;
    if (/no space left/i.test(error.message)) {
      throw new PurlinError("TOOLCHAIN_FULL", { path: job.home }, { cause: error });
    }
    await rememberFailure(toolFolder, folderOf(source), error.message);
    return error.message;
  }
}
