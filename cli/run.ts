import { CommanderError } from "commander";
import { exitCodes } from "../errors/exit-codes.ts";
import type { Context } from "./context.ts";
import { createInterruption } from "./interruption.ts";
import { terminal, type TerminalStream } from "./output/terminal.ts";
import type { Ending, Handle } from "./command.ts";
import { createProgram } from "./program.ts";
import { settingsFrom, type GlobalFlags } from "./settings.ts";

/** The process the CLI runs in, as main.ts hands it over and tests make it up. */
export interface World {
  argv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stdout: TerminalStream;
  stderr: TerminalStream;
  now: () => number;
  /** Leaves at once. */
  exit: (code: number) => void;
  onSignal: (listener: () => void) => void;
  /** The reader of stdout or stderr has gone: a closed pipe, a terminal that is no more. */
  onUnheard: (listener: () => void) => void;
}

/** Runs one command line to its end and returns the exit code. Never throws. */
export async function run(world: World): Promise<number> {
  const noColour = world.argv.includes("--no-color");
  const stdout = terminal(world.stdout, { env: world.env, noColour });
  const stderr = terminal(world.stderr, { env: world.env, noColour });
  let ending: Ending = "done";
  const handle: Handle = async (work, { announce } = {}) => {
    if (announce !== undefined && !world.argv.includes("--json")) stderr.write(`${announce}\n`);
    ending = await handleIn(world, { stdout, stderr }, program.opts<GlobalFlags>(), work);
  };
  const program = createProgram(handle, { stdout });
  try {
    await program.parseAsync(world.argv, { from: "user" });
  } catch (error) {
    ending = await endOf(error, { stderr }, world.argv.includes("--json"));
  }
  return typeof ending === "number" ? ending : exitCodes[ending];
}

async function handleIn(
  world: World,
  { stdout, stderr }: Pick<Context, "stdout" | "stderr">,
  flags: GlobalFlags,
  work: (context: Context) => Promise<Ending>,
): Promise<Ending> {
  const settings = settingsFrom(flags, world.env);
  const interruption = createInterruption((reason) =>
    world.exit(reason === "interrupted" ? exitCodes.interrupted : exitCodes.done),
  );
  world.onSignal(interruption.interrupt);
  world.onUnheard(interruption.unheard);
  const { openLog } = await import("./log.ts");
  const log = await openLog({ env: world.env, verboseTo: settings.verbose ? stderr : undefined });
  log.debug("start", { argv: world.argv, cwd: world.cwd });
  try {
    const [{ realPlatform }, { lineReader }] = await Promise.all([import("./real-platform.ts"), import("./stdin.ts")]);
    const platform = realPlatform(world.env);
    const stdin = lineReader(world.stdin);
    const { env, cwd, now } = world;
    return await work({ stdout, stderr, stdin, env, cwd, now, settings, interruption, log, platform });
  } catch (error) {
    log.error("failed", error);
    const { shownError, writeError } = await import("./output/error.ts");
    const shown = shownError(error, log.file);
    writeError(stderr, shown, settings.json);
    return shown.family;
  }
}

/** Commander's own endings: help and version are fine, anything else is a wrong command line. */
async function endOf(error: unknown, { stderr }: Pick<Context, "stderr">, json: boolean): Promise<Ending> {
  if (!(error instanceof CommanderError)) throw error;
  if (error.exitCode === 0) return "done";
  const [{ shownError, writeError }, { usageError }] = await Promise.all([
    import("./output/error.ts"),
    import("./usage.ts"),
  ]);
  const shown = shownError(usageError(error), undefined);
  writeError(stderr, shown, json);
  return shown.family;
}
