import { Command } from "commander";
import { examples, type Handle, lockWaitOption } from "../../command.ts";

interface Options {
  lockWait: number;
}

export function downCommand(handle: Handle): Command {
  return new Command("down")
    .summary("stop the platform and keep its data")
    .description(
      "Stops every process, gracefully, and checks that none is left. Data stays; `purlin up` goes on from it.",
    )
    .addOption(lockWaitOption())
    .addHelpText("after", examples(["purlin down", "for today"]))
    .action((options: Options) =>
      handle(async (context) => (await import("./down.handler.ts")).down(context, options), { announce: "Stopping" }),
    );
}
