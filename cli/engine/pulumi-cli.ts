import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { SemVer } from "semver";
import type { Tool } from "../../toolchain/tool.ts";

type Listener = (text: string) => void;
type Env = Record<string, string | undefined>;

/** A run of the Pulumi CLI that ended badly. For the log, not for people: its text repeats the CLI's whole output. */
export class PulumiFailure extends Error {
  readonly output: string;

  constructor(args: readonly string[], output: string) {
    super(`pulumi ${args[0] ?? ""} failed\n${output}`);
    this.name = "PulumiFailure";
    this.output = output;
  }
}

/**
 * The Pulumi CLI as the Automation API wants it (it has the shape of the SDK's PulumiCommand), and for the few
 * commands run directly. Differences from the SDK's own: no `pulumi version` process, nothing of the caller's
 * environment but what is given, and each child in a session of its own, so that a Ctrl-C or a closing terminal
 * reaches purlin alone and purlin decides what the engine is told (see Engine.interrupt).
 */
export class PulumiCli {
  readonly command: string;
  readonly version: SemVer;
  readonly #env: Env;
  readonly #onStart: (pid: number) => void;
  #child: ChildProcess | undefined;

  constructor(tool: Tool, env: Env, onStart: (pid: number) => void) {
    const command = tool.bin.pulumi;
    if (command === undefined) throw new Error("the tool chain's pulumi has no program of that name");
    this.command = command;
    this.version = new SemVer(tool.version);
    this.#env = env;
    this.#onStart = onStart;
  }

  /** Signature of the SDK's internal `PulumiCommand.run`; a contract test holds it. */
  async run(
    args: string[],
    cwd: string,
    env: Env,
    onOutput?: Listener,
    onError?: Listener,
    signal?: AbortSignal,
  ): Promise<{ stdout: string; stderr: string; code: number }> {
    const child = spawn(this.command, [...args, "--non-interactive"], {
      cwd,
      env: { ...this.#env, ...env, PULUMI_AUTOMATION_API: "true" },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const stdout = collect(child.stdout, onOutput);
    const stderr = collect(child.stderr, onError);
    const stop = () => child.kill("SIGINT");
    signal?.addEventListener("abort", stop, { once: true });
    this.#child = child;
    try {
      if (child.pid !== undefined) this.#onStart(child.pid);
      await once(child, "close");
    } finally {
      signal?.removeEventListener("abort", stop);
      this.#child = undefined;
    }
    if (child.exitCode !== 0) throw new PulumiFailure(args, stdout() + stderr());
    return { stdout: stdout(), stderr: stderr(), code: 0 };
  }

  /**
   * Tells the running command to stop. The CLI takes a first SIGINT as "finish what is in flight and save", a second
   * as "end now".
   */
  interrupt(): boolean {
    return this.#child?.kill("SIGINT") ?? false;
  }
}

function collect(stream: NodeJS.ReadableStream, listener: Listener | undefined): () => string {
  const parts: string[] = [];
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    parts.push(text);
    listener?.(text);
  });
  return () => parts.join("");
}
