import { join } from "node:path";
import pLimit from "p-limit";
import { catalog as pinned, type Catalog, type CatalogEntry } from "./catalog.ts";
import { forgetFailures, readFailures } from "./failures.ts";
import { findInstalled } from "./installed.ts";
import { sourceContext } from "./platform.ts";
import type { Source, SourceContext } from "./sources/source.ts";
import { folderOf, nameOf, sources as real, type Sources } from "./sources/sources.ts";
import type { ToolName } from "./tool.ts";

interface SourceReport {
  source: string;
  /** `serves` now; `could` serve, as far as can be told without downloading; or `cannot`, for the reason. */
  state: "serves" | "could" | "cannot";
  reason?: string;
}

export interface ToolReport {
  tool: ToolName;
  purpose: string;
  optional: boolean;
  /** `ready` in the cache, `fetchable` from a source that could serve, `unavailable` from all of them. */
  state: "ready" | "fetchable" | "unavailable";
  version?: string;
  /** What serves it now, with the path where it is from PATH. */
  source?: string;
  sources: SourceReport[];
}

export interface DescribeOptions {
  home: string;
  tools: readonly ToolName[];
  env: NodeJS.ProcessEnv;
  offline?: boolean;
  /** Forget earlier failures and ask every registry now. */
  refresh?: boolean;
  catalog?: Catalog;
  sources?: Sources;
}

/**
 * Tells for each tool which source serves it and why each other one does not, without downloading anything. Registries
 * are asked only about tools that are not cached, or all of them with `refresh`.
 * @throws PurlinError PLATFORM_UNSUPPORTED
 */
export async function describeTools(options: DescribeOptions): Promise<ToolReport[]> {
  const catalog: Catalog = options.catalog ?? pinned;
  const context = sourceContext(options);
  const limit = pLimit(4); // each question starts a process: npm, pip or go
  return Promise.all(options.tools.map((tool) => limit(() => describeTool(tool, catalog[tool], context, options))));
}

async function describeTool(
  tool: ToolName,
  entry: CatalogEntry,
  context: SourceContext,
  options: DescribeOptions,
): Promise<ToolReport> {
  const toolFolder = join(options.home, tool);
  if (options.refresh === true) await forgetFailures(toolFolder);
  const installed = await findInstalled(options.home, tool, entry);
  const failures = await readFailures(toolFolder);
  const probing = !context.offline && (installed === undefined || options.refresh === true);

  const describe = async (source: Source): Promise<SourceReport> => {
    const name = nameOf(source, context);
    if (source === installed?.source) return { source: name, state: "serves" };
    const { check, probe } = options.sources ?? real;
    const reason =
      failures[folderOf(source)]?.reason ??
      (await check(source, entry, context)) ??
      (probing ? await probe(source, context) : installed?.refusals[name]);
    return reason === undefined ? { source: name, state: "could" } : { source: name, state: "cannot", reason };
  };
  const sources = await Promise.all(entry.sources.map(describe));
  const { purpose, optional = false } = entry;
  if (installed !== undefined) {
    const { version, source } = installed.tool;
    return { tool, purpose, optional, state: "ready", version, source, sources };
  }
  const state = sources.some((source) => source.state === "could") ? "fetchable" : "unavailable";
  return { tool, purpose, optional, state, sources };
}
