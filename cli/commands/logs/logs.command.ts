import { Command } from "commander";
import { examples, type Handle, parseCount, parseSeconds } from "../../command.ts";

interface Options {
  follow?: boolean;
  lines: number;
  since?: number;
}

export function logsCommand(handle: Handle): Command {
  return new Command("logs")
    .summary("print what the processes logged")
    .description(
      "Prints the last lines of every process, or of one component or process. With --json, one line of JSON for each line.",
    )
    .argument("[name]", "a component or process")
    .option("-f, --follow", "go on printing as lines arrive, until Ctrl-C")
    .option("-n, --lines <number>", "last lines of each process", parseCount, 50)
    .option("--since <duration>", "only files and lines of this last time: 90s, 5m, 1h", parseSeconds)
    .addHelpText(
      "after",
      examples(["purlin logs api -f", "follow one service"], ["purlin logs postgres -n 200", "look back"]),
    )
    .action((name: string | undefined, options: Options) =>
      handle(async (context) => (await import("./logs.handler.ts")).logs(context, { name, ...options })),
    );
}
