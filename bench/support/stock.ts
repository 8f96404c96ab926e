import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { withEnvironment } from "../../stacks/blueprint/environment.ts";
import { resolveBlueprint } from "../../stacks/blueprint/resolve.ts";
import { dataHome, toolchainHome } from "../../stacks/home/home.ts";
import { openHome } from "../../stacks/home/open.ts";
import { program } from "../../stacks/program.ts";
import { prepareLocal } from "../../stacks/targets/local/prepare.ts";
import { providerEnvironment } from "../../stacks/targets/local/provider/environment.ts";
import { toolsOf } from "../../stacks/tools.ts";
import { ensureTools } from "../../toolchain/ensure.ts";

/*
 * A process of its own that does what `purlin up` and `purlin plan` do, with the Automation API as its documentation
 * shows it: the same graph, tools and provider, the same running platform, but a state of its own. Arguments: `up` or
 * `preview`, and the blueprint's file.
 */

const [operation = "preview", file = ""] = process.argv.slice(2);
const { env } = process;
const blueprint = resolveBlueprint({ file });
const home = openHome({ blueprint, env, create: false });
const tools = await ensureTools({ home: toolchainHome(env), tools: toolsOf(blueprint), env });
const target = await prepareLocal(blueprint, home, tools);

const work = join(dataHome(env), "stock");
mkdirSync(work, { recursive: true });
const stack = await LocalWorkspace.createOrSelectStack(
  {
    projectName: blueprint.name,
    stackName: "stock",
    program: () => Promise.resolve({ ...program(withEnvironment(blueprint, env), target) }),
  },
  {
    workDir: work,
    pulumiCommand: await PulumiCommand.get({ root: dirname(dirname(tools.pulumi?.bin.pulumi ?? "")) }),
    envVars: {
      PULUMI_BACKEND_URL: pathToFileURL(work).href,
      PULUMI_HOME: join(work, "home"),
      PULUMI_CONFIG_PASSPHRASE_FILE: home.passphraseFile,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      ...providerEnvironment({
        home,
        user: target.user,
        supervisord: tools.supervisor?.bin.supervisord ?? "",
        node: target.node,
        removeData: false,
      }),
    },
    projectSettings: settings(blueprint.name, join(target.packageRoot, "stacks/targets/local/provider/plugin")),
  },
);
await (operation === "up" ? stack.up() : stack.preview());

/** The SDK's type of the settings does not know plugins; the CLI does. */
function settings(name: string, path: string) {
  return { name, runtime: "nodejs" as const, plugins: { providers: [{ name: "purlin", path }] } };
}
