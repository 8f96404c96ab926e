import { join } from "node:path";
import { dataHome } from "../../stacks/home/home.ts";
import { ensureTools } from "../../toolchain/ensure.ts";
import type { ToolName, Tools } from "../../toolchain/tool.ts";

/** The tools of this machine's platforms; a test run shares them, so that nothing is fetched for it a second time. */
export const toolchain = join(dataHome(process.env), "toolchain");

export function machineTools(...tools: ToolName[]): Promise<Tools> {
  return ensureTools({ home: toolchain, tools, env: process.env });
}
