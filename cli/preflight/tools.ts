import { toolchainHome } from "../../stacks/home/home.ts";
import { toolsOf } from "../../stacks/tools.ts";
import { describeTools, type ToolReport } from "../../toolchain/describe.ts";
import type { Check } from "./check.ts";

/** Every tool is here or can be had; says which source serves each, and why the others do not. */
export const tools: Check = {
  id: "tools",
  title: "tools",
  beforeUp: false, // `up` fetches them right after its checks, and says the same where it cannot
  async run({ blueprint, env, refresh }) {
    const options = { home: toolchainHome(env), tools: toolsOf(blueprint), env: { ...env }, refresh };
    const reports = await describeTools(options);
    const detail = [countText(reports), ...reports.flatMap(reportLines)].join("\n");
    const missing = reports.filter(({ state }) => state === "unavailable");
    if (missing.length === 0) return { level: "ok", detail };
    const names = missing.map(({ tool }) => tool).join(", ");
    const level = missing.every(({ optional }) => optional) ? "warn" : "fail";
    return {
      level,
      detail,
      remedy: `put ${names} on PATH, or mend one of its sources and run \`purlin doctor --refresh\``,
    };
  },
};

function countText(reports: readonly ToolReport[]): string {
  const ready = reports.filter(({ state }) => state === "ready").length;
  return `${ready} of ${reports.length} ready`;
}

function reportLines({ tool, state, version, source, sources }: ToolReport): string[] {
  const serves = state === "ready" ? `${version ?? ""} from ${source ?? ""}` : state;
  const others = sources.filter(({ reason }) => reason !== undefined);
  return [`${tool}: ${serves}`, ...others.map((other) => `  not ${other.source}: ${other.reason ?? ""}`)];
}
