import type { ExitFamily } from "../../../errors/exit-codes.ts";
import { PurlinError } from "../../../errors/purlin-error.ts";
import type { Context } from "../../context.ts";
import { writeLine } from "../../output/json.ts";
import { painter, type Colour } from "../../output/paint.ts";
import type { KnownProcess } from "../../platform.ts";
import { matching } from "../../select.ts";
import { openStack } from "../../stack.ts";
import { timeOf } from "./time-of.ts";

interface LogsOptions {
  /** A component or process; absent means all. */
  name: string | undefined;
  follow?: boolean;
  lines: number;
  /** Seconds back from now. */
  since?: number;
}

const colours: Colour[] = ["cyan", "green", "yellow", "magenta", "blue"];

/** Prints log lines of the processes asked for, each behind its process's name. */
export async function logs(
  context: Pick<Context, "stdout" | "stderr" | "now" | "cwd" | "settings" | "platform" | "interruption">,
  { name, follow = false, lines, since }: LogsOptions,
): Promise<ExitFamily> {
  const { stdout, settings, platform, interruption, now } = context;
  const { blueprint, home } = await openStack(context, { create: false });
  const known = (await platform.listProcesses(home)).map(({ name, spec }) => ({ name, component: spec.component }));
  if (known.length === 0) throw new PurlinError("NOT_UP", { name: blueprint.name, stack: blueprint.stack });
  const chosen = matching(known, name);

  const print = printer(stdout, chosen, settings.json);
  const earliest = since === undefined ? undefined : now() - since * 1000;
  const release = follow ? interruption.guard({ finish: () => undefined, leave: () => undefined }) : () => undefined;
  const read = async (process: string) => {
    const options = { lines, follow, signal: interruption.signal };
    for await (const line of platform.readLog(home, process, options)) {
      if (earliest === undefined || (timeOf(line) ?? Infinity) >= earliest) print(process, line);
    }
  };
  if (follow) await Promise.all(chosen.map((process) => read(process.name)));
  else for (const process of chosen) await read(process.name);
  release();
  return "done";
}

function printer(
  stdout: Context["stdout"],
  chosen: readonly Pick<KnownProcess, "name">[],
  json: boolean,
): (process: string, line: string) => void {
  if (json) return (process, line) => writeLine(stdout, { type: "log", process, line });
  const paint = painter(stdout);
  const width = Math.max(...chosen.map(({ name }) => name.length));
  const prefixes = new Map(
    chosen.map(({ name }, index) => [name, paint(colours[index % colours.length] ?? "cyan", name.padEnd(width))]),
  );
  return (process, line) => stdout.write(`${prefixes.get(process) ?? process} ${line}\n`);
}
