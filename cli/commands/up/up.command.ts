import { Command } from "commander";
import { examples, type Handle, lockWaitOption } from "../../command.ts";

interface Options {
  lockWait: number;
}

export function upCommand(handle: Handle): Command {
  return new Command("up")
    .summary("make the platform what purlin.yaml says")
    .description(
      "Creates, changes and heals until the platform is what the blueprint says and healthy. Safe to repeat, and after any crash.",
    )
    .addOption(lockWaitOption())
    .addHelpText(
      "after",
      examples(
        ["purlin up", "the default stack"],
        ["purlin up --stack staging", "another stack, beside the first"],
        ["purlin up --json", "one line of JSON for each step"],
      ),
    )
    .action((options: Options) =>
      handle(async (context) => (await import("./up.handler.ts")).up(context, options), {
        announce: "Reading the blueprint",
      }),
    );
}
