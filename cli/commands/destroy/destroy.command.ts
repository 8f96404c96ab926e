import { Command } from "commander";
import { examples, type Handle, lockWaitOption } from "../../command.ts";

interface Options {
  confirm?: string;
  lockWait: number;
}

export function destroyCommand(handle: Handle): Command {
  return new Command("destroy")
    .summary("remove the platform and all its data")
    .description(
      "Stops everything, deletes every resource with its data, and removes the stack's folder. There is no way back.",
    )
    .option("--confirm <stack>", "the stack's name, instead of the question")
    .addOption(lockWaitOption())
    .addHelpText("after", examples(["purlin destroy", "asks first"], ["purlin destroy --confirm=dev", "in a script"]))
    .action((options: Options) =>
      handle(async (context) => (await import("./destroy.handler.ts")).destroy(context, options), {
        announce: "Reading the blueprint",
      }),
    );
}
