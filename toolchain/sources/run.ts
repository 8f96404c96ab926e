import { $ } from "zx";
import { SourceUnavailable } from "./source.ts";

interface RunOptions {
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** Seconds after which the command is ended: a dead registry must not hang a run. */
  timeout: number;
  signal?: AbortSignal | undefined;
}

interface Printed {
  stdout: string;
  stderr: string;
}

/**
 * Runs a program to its end and returns what it printed.
 * @throws SourceUnavailable with the last line of its error output.
 */
export async function run(program: string, args: readonly string[], options: RunOptions): Promise<Printed> {
  const shell = $({
    env: options.env,
    cwd: options.cwd ?? "/",
    timeout: options.timeout * 1000,
    ...(options.signal && { signal: options.signal }),
    detached: false, // in the caller's process group, so that Ctrl-C and a closed terminal end it too
    quiet: true,
    nothrow: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const started = Date.now();
  const output = await shell`${program} ${args}`;
  if (output.exitCode === 0) return { stdout: output.stdout, stderr: output.stderr };
  if (Date.now() - started >= options.timeout * 1000) {
    throw new SourceUnavailable(`${program} gave no result within ${options.timeout} s`);
  }
  throw new SourceUnavailable(`${program}: ${complaint(output.stderr || output.stdout)}`);
}

/** The line that says what went wrong: the first that speaks of an error, else the last one. */
export function complaint(text: string): string {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("npm error code")); // the next line says the same in words
  const telling = lines.find((line) => /error|no space|denied|not found|no such/i.test(line));
  return (telling ?? lines.at(-1) ?? "it failed without a word").slice(0, 300);
}
