import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { LocalWorkspace, Stack, type PulumiFn } from "@pulumi/pulumi/automation/index.js";
import { stringify } from "yaml";
import { writeAtomically } from "../../stacks/home/files.ts";
import type { StackHome } from "../../stacks/home/home.ts";
import type { PulumiCli } from "./pulumi-cli.ts";

/** Where the state is: the blueprint's own backend, or files in the stack's home. */
export function backendUrl(home: StackHome, backend: string | undefined): string {
  return backend ?? `${pathToFileURL(home.stateDir).href}?metadata=skip`; // no .attrs file beside each file
}

/** Environment of every Pulumi process: the caller's without any PULUMI_*, then ours. */
export function pulumiEnv(
  caller: Readonly<Record<string, string | undefined>>,
  {
    home,
    backend,
    passphraseFile,
    isLocal,
  }: { home: StackHome; backend: string; passphraseFile: string; isLocal: boolean },
): Record<string, string | undefined> {
  const inherited = Object.entries(caller).filter(([name]) => !name.startsWith("PULUMI_"));
  return {
    ...Object.fromEntries(inherited),
    PULUMI_HOME: home.pulumiDir,
    PULUMI_BACKEND_URL: backend,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
    // The history keeps a full copy of the state of every run already; `state-files.ts` recovers from it.
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
    // Local resources adopt what exists, so a state written once at the end is enough and three times as fast.
    ...(isLocal ? { PULUMI_SKIP_CHECKPOINTS: "true" } : {}),
  };
}

/** The engine's work dir, with project settings that name the provider. Stable: it also keeps the stack's settings. */
export function writeProject(home: StackHome, project: string, providerDir: string): string {
  const dir = join(home.pulumiDir, "project");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const settings = {
    name: project,
    runtime: "nodejs",
    plugins: { providers: [{ name: "purlin", path: providerDir }] },
  };
  writeAtomically(join(dir, "Pulumi.yaml"), stringify(settings));
  return dir;
}

/**
 * The Automation API's stack, opened without running the CLI: every command carries `--stack`, so nothing has to be
 * selected, and `up` does not ask for outputs and history afterwards (three processes); its events tell both.
 */
export async function openStack(stackName: string, workDir: string, cli: PulumiCli, program: PulumiFn): Promise<Stack> {
  silenceDebugLog();
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- the SDK's own class cannot be made without a `pulumi version` process
  const workspace = await LocalWorkspace.create({ workDir, pulumiCommand: cli, program });
  workspace.selectStack = () => Promise.resolve();
  const stack = await Stack.select(stackName, workspace);
  stack.outputs = () => Promise.resolve({});
  stack.info = () => Promise.resolve(undefined);
  return stack;
}

/**
 * The SDK sends debug messages per resource to the engine, one of them with secrets in clear text, and the engine
 * shows them in its events without any debug flag. Silenced at the source; it also saves a third of the SDK's time.
 * `require` gives the very object the SDK calls, which an ESM import would freeze.
 */
function silenceDebugLog(): void {
  const log: unknown = createRequire(import.meta.url)("@pulumi/pulumi/log");
  if (typeof log === "object" && log !== null) Object.assign(log, { debug: () => Promise.resolve() });
}
