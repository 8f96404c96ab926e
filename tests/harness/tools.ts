import { toolchainHome } from "../../stacks/home/home.ts";
import { ensureTools } from "../../toolchain/ensure.ts";
import type { ToolName, Tools } from "../../toolchain/tool.ts";

/** The tools of this machine's platforms; a test run shares them, so that nothing is fetched for it a second time. */
export const toolchain = toolchainHome(process.env);

export function machineTools(...tools: ToolName[]): Promise<Tools> {
  return ensureTools({ home: toolchain, tools, env: process.env });
}
