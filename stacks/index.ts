import { getStack } from "@pulumi/pulumi";
import { join } from "node:path";
import { ensureTools } from "../toolchain/ensure.ts";
import { resolveBlueprint } from "./blueprint/resolve.ts";
import { toolchainHome } from "./home/home.ts";
import { openHome } from "./home/open.ts";
import { program } from "./program.ts";
import { prepareLocal } from "./targets/local/prepare.ts";
import { toolsOf } from "./tools.ts";

/**
 * `main` of Pulumi.yaml: the platform of ./purlin.yaml for the Pulumi CLI run by hand, which has Pulumi's own Node.js
 * language host. `purlin up` runs the same program without it. The provider reads PURLIN_STACK_HOME, PURLIN_USER,
 * PURLIN_SUPERVISORD and PURLIN_NODE from the environment; see targets/local/provider/environment.ts.
 */
export default async function main() {
  const env = process.env; // an entry point of its own, as cli/main.ts is
  const blueprint = resolveBlueprint({ file: join(process.cwd(), "purlin.yaml"), stack: getStack() });
  const home = openHome({ blueprint, env, create: true });
  const tools = await ensureTools({ home: toolchainHome(env), tools: toolsOf(blueprint), env });
  return program(blueprint, await prepareLocal(blueprint, home, tools));
}
