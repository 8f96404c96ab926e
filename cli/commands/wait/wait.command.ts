import { Command } from "commander";
import { examples, type Handle, timeoutOption } from "../../command.ts";

interface Options {
  timeout: number;
}

export function waitCommand(handle: Handle): Command {
  return new Command("wait")
    .summary("wait until the platform, or one part of it, is healthy")
    .description(
      "Returns when every probe answers. Exits 8 when the time is over, and says which probe did not answer what.",
    )
    .argument("[name]", "a component or process")
    .addOption(timeoutOption(300))
    .addHelpText(
      "after",
      examples(["purlin wait", "until all is healthy"], ["purlin wait postgres --timeout 30s", "one component"]),
    )
    .action((name: string | undefined, options: Options) =>
      handle(async (context) => (await import("./wait.handler.ts")).wait(context, { name, ...options })),
    );
}
