import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { RunError } from "@pulumi/pulumi";
import type { EngineEvent, Stack } from "@pulumi/pulumi/automation/index.js";
import { PurlinError } from "../../errors/purlin-error.ts";
import { writeAtomically } from "../../stacks/home/files.ts";
import { cliLogFile, engineSettings } from "../../stacks/home/home.ts";
import { clearStaleLocks, mendState } from "./converge.ts";
import type { EngineOptions } from "./engine.ts";
import type { RunEvents } from "./events.ts";
import { explainFailure } from "./failures.ts";
import { endOrphans, recordChild } from "./orphans.ts";
import { PulumiCli } from "./pulumi-cli.ts";
import { StateFiles } from "./state-files.ts";
import { backendUrl, openStack, pulumiEnv, writeProject } from "./workspace.ts";

export interface StackEngineOptions extends Pick<
  EngineOptions,
  "blueprint" | "home" | "tools" | "env" | "passphraseFile" | "log"
> {
  /** Registers the resources and returns the outputs. */
  program: () => object | Promise<object>;
  /** Folder with the executable `pulumi-resource-purlin`. */
  providerDir: string;
  /** What the provider must be told; it inherits the engine's environment. Durable data is removed by destroy alone. */
  providerEnv: (removeData: boolean) => Record<string, string>;
}

/** One stack in its backend: Pulumi's own operations, and putting right what a killed run left there. */
export class StackEngine {
  readonly #options: StackEngineOptions;
  readonly #cli: PulumiCli;
  readonly #workDir: string;
  readonly #passphraseFile: string;
  /** undefined for a backend that is not our folder: its files are not ours to mend. */
  readonly #files: StateFiles | undefined;
  #stack: Stack | undefined;
  #programError: Error | undefined;

  constructor(options: StackEngineOptions) {
    const { blueprint, home, tools, env } = options;
    if (tools.pulumi === undefined) throw new Error("the tool chain has no pulumi");
    this.#options = options;
    this.#passphraseFile = options.passphraseFile ?? home.passphraseFile;
    if (!existsSync(this.#passphraseFile)) throw new PurlinError("PASSPHRASE_MISSING", { path: this.#passphraseFile });
    const childEnv = pulumiEnv(env, {
      home,
      backend: backendUrl(home, blueprint.backend),
      passphraseFile: this.#passphraseFile,
      isLocal: blueprint.target === "local",
    });
    this.#cli = new PulumiCli(tools.pulumi, childEnv, (pid) => recordChild(home, pid));
    this.#workDir = writeProject(home, blueprint.name, options.providerDir);
    if (blueprint.backend === undefined) {
      this.#files = new StateFiles(home.stateDir, blueprint.name, blueprint.stack);
    }
  }

  /** Whether `prepare` has nothing to do: the stack exists and its state can be read. */
  isReady(): boolean {
    return this.#files === undefined ? this.#isKnown() : this.#files.condition() === "sound";
  }

  /** Puts right what a killed run left, and creates the stack when there is none. Call under the stack's lock. */
  async prepare(signal: AbortSignal): Promise<void> {
    const { home, blueprint, log } = this.#options;
    await endOrphans(home);
    if (this.#files !== undefined) {
      clearStaleLocks(this.#files, blueprint.stack);
      if (!mendState(this.#files, this.#isKnown(), log).create) return;
    } else if (this.#isKnown() || (await this.#existsInBackend(signal))) return;
    await this.command(["stack", "init", blueprint.stack, "--no-select"], signal);
  }

  /**
   * Runs one operation to its end; `events` hears of everything. A failed resource is not thrown: events has it.
   *
   * @throws PurlinError, and whatever the program threw: its own errors are kept whole.
   */
  async run(operation: "up" | "preview" | "destroy", events: RunEvents, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { blueprint } = this.#options;
    this.#stack ??= await openStack(blueprint.stack, this.#workDir, this.#cli, () => this.#program());
    this.#stack.workspace.envVars = this.#options.providerEnv(operation === "destroy");
    try {
      await this.#stack[operation]({
        onEvent: (event: EngineEvent) => events.accept(event),
        signal,
        color: "never",
        suppressProgress: true,
      });
    } catch (error) {
      if (this.#programError !== undefined) throw this.#programError;
      if (events.failures().length === 0 && !signal.aborted) throw this.#explain(error, operation);
    }
  }

  /** Runs a command of the CLI on this stack; gives its standard output. */
  async command(args: string[], signal?: AbortSignal): Promise<string> {
    try {
      const { stdout } = await this.#cli.run(args, this.#workDir, {}, undefined, undefined, signal);
      return stdout;
    } catch (error) {
      throw this.#explain(error, args.join(" "));
    }
  }

  /**
   * Drops pending operations, which importing a state does by itself. Only after an `up` that succeeded: every local
   * resource adopts, so what was being created then is in the state now. The export keeps secrets encrypted.
   */
  async clearPending(signal: AbortSignal): Promise<void> {
    const file = join(this.#workDir, "state.json");
    writeAtomically(file, await this.command(["stack", "export", ...this.#named()], signal));
    try {
      await this.command(["stack", "import", "--file", file, ...this.#named()], signal);
    } finally {
      rmSync(file);
    }
  }

  /** The stack's outputs as JSON text. */
  outputs(showSecrets: boolean): Promise<string> {
    return this.command(["stack", "output", "--json", ...(showSecrets ? ["--show-secrets"] : []), ...this.#named()]);
  }

  /** The state as JSON text; secrets stay encrypted. */
  exportState(): Promise<string> {
    return this.command(["stack", "export", ...this.#named()]);
  }

  /** Bounds what the backend keeps of past runs. */
  prune(): void {
    this.#files?.prune();
  }

  /** A second interrupt: the engine leaves without waiting for what is in flight. */
  leave(): void {
    this.#cli.interrupt();
  }

  /** The engine makes a text of what the program throws; the error itself is kept for who called. */
  async #program(): Promise<Record<string, unknown>> {
    this.#programError = undefined;
    try {
      return { ...(await this.#options.program()) };
    } catch (error) {
      this.#programError = error instanceof Error ? error : new Error(String(error));
      throw new RunError(this.#programError.message);
    }
  }

  /** `stack init` leaves the stack's settings in the work dir, whatever happens to the state afterwards. */
  #isKnown(): boolean {
    return existsSync(engineSettings(this.#options.home, this.#options.blueprint.stack));
  }

  async #existsInBackend(signal: AbortSignal): Promise<boolean> {
    const names = await this.command(["stack", "ls", "--json"], signal);
    return names.includes(`"${this.#options.blueprint.stack}"`);
  }

  #named(): string[] {
    return ["--stack", this.#options.blueprint.stack];
  }

  #explain(error: unknown, command: string): unknown {
    return explainFailure(error, {
      command,
      stack: this.#options.blueprint.stack,
      passphraseFile: this.#passphraseFile,
      logFile: cliLogFile(this.#options.env),
    });
  }
}
