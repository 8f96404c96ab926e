import { Command } from "commander";
import { examples, type Handle } from "../../command.ts";

interface Options {
  detailedExitcode?: boolean;
}

export function planCommand(handle: Handle): Command {
  return new Command("plan")
    .summary("show what `up` would change, why, and at what risk")
    .description(
      "Compares the blueprint with what runs, and changes nothing. With --json, one line of JSON for each change.",
    )
    .option("--detailed-exitcode", "exit 9 when something would change")
    .addHelpText(
      "after",
      examples(
        ["purlin plan", "before an `up`"],
        ["purlin plan --detailed-exitcode", "in a script that looks for drift"],
      ),
    )
    .action((options: Options) =>
      handle(async (context) => (await import("./plan.handler.ts")).plan(context, options), {
        announce: "Comparing the blueprint with what runs",
      }),
    );
}
