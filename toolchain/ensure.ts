import pLimit from "p-limit";
import { PurlinError } from "../errors/purlin-error.ts";
import { catalog as pinned, type Catalog } from "./catalog.ts";
import { findInstalled } from "./installed.ts";
import { sourceContext } from "./platform.ts";
import type { OnProgress } from "./progress.ts";
import { provideTool, type Refusal } from "./provide.ts";
import { sources as real, type Sources } from "./sources/sources.ts";
import type { Tool, ToolName, Tools } from "./tool.ts";

export interface EnsureOptions {
  /** Folder of the toolchain, `<data home>/toolchain`; made when missing. */
  home: string;
  tools: readonly ToolName[];
  /** The caller's environment: PATH, proxies and the settings of npm, pip and Go. */
  env: NodeJS.ProcessEnv;
  onProgress?: OnProgress;
  /** Tools fetched at the same time; Go builds are one at a time all the same. */
  concurrency?: number;
  /** Fetch nothing: only what is cached, on PATH, or buildable from Go's cache can serve. */
  offline?: boolean;
  /** Try sources again that failed minutes ago. */
  refresh?: boolean;
  signal?: AbortSignal;
  catalog?: Catalog;
  sources?: Sources;
}

/**
 * Makes sure that the tools are on this machine, verified, and returns where. What is cached costs a few stat calls;
 * the rest is fetched in parallel, each from its first source that serves. An optional tool without a source is left
 * out. A tool that cannot be had does not stop the others: they are cached for the next run.
 * @throws PurlinError TOOL_UNAVAILABLE, HOME_UNWRITABLE, TOOLCHAIN_FULL, PLATFORM_UNSUPPORTED
 */
export async function ensureTools(options: EnsureOptions): Promise<Tools> {
  const { home, onProgress = () => undefined, refresh = false, sources = real } = options;
  const catalog: Catalog = options.catalog ?? pinned;
  const limit = pLimit(options.concurrency ?? 12);
  const missing: { tool: ToolName; refusals: Refusal[] }[] = [];

  const ensure = async (tool: ToolName): Promise<Tool | undefined> => {
    const entry = catalog[tool];
    const cached = await findInstalled(home, tool, entry);
    if (cached !== undefined) return cached.tool;
    const context = sourceContext(options);
    const provided = await limit(() => provideTool({ home, tool, entry, context, sources, refresh, onProgress }));
    if ("tool" in provided) return provided.tool;
    if (entry.optional !== true) missing.push({ tool, refusals: provided.refusals });
    return undefined;
  };
  const ensured = await Promise.allSettled(options.tools.map(ensure));

  const tools: Partial<Record<ToolName, Tool>> = {};
  for (const result of ensured) {
    if (result.status === "rejected") throw result.reason;
    if (result.value !== undefined) tools[result.value.name] = result.value;
  }
  missing.sort((one, other) => options.tools.indexOf(one.tool) - options.tools.indexOf(other.tool));
  if (missing.length > 0) throw new PurlinError("TOOL_UNAVAILABLE", { tools: missing });
  return tools;
}
