import { Command } from "commander";
import { examples, type Handle } from "../../command.ts";

interface Options {
  name?: string;
}

export function initCommand(handle: Handle): Command {
  return new Command("init")
    .summary("write purlin.yaml and make this stack's secrets")
    .description(
      "Writes a starter purlin.yaml here and makes the stack's own secrets. Overwrites nothing; safe to repeat.",
    )
    .option("--name <name>", "product name (default: the name of the folder)")
    .addHelpText(
      "after",
      examples(["purlin init", "start in this folder"], ["purlin init --name shop", "with a name of your own"]),
    )
    .action((options: Options) =>
      handle(async (context) => (await import("./init.handler.ts")).init(context, options)),
    );
}
