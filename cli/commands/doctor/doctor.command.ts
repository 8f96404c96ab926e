import { Command } from "commander";
import { examples, type Handle } from "../../command.ts";

interface Options {
  refresh?: boolean;
}

export function doctorCommand(handle: Handle): Command {
  return new Command("doctor")
    .summary("check this machine and the blueprint, and name each remedy")
    .description(
      "Runs every check that `purlin up` makes before its first change, and the slower ones, and changes nothing.",
    )
    .option("--refresh", "ask every source of every tool now, also those that failed lately")
    .addHelpText("after", examples(["purlin doctor", "what would stop `up` here, and which source serves each tool"]))
    .action((options: Options) =>
      handle(async (context) => (await import("./doctor.handler.ts")).doctor(context, options), {
        announce: "Checking",
      }),
    );
}
