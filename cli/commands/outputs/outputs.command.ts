import { Command } from "commander";
import { examples, type Handle } from "../../command.ts";

interface Options {
  showSecrets?: boolean;
}

export function outputsCommand(handle: Handle): Command {
  return new Command("outputs")
    .summary("print addresses and logins of the platform")
    .description(
      "Prints what the components tell the world, the same shape on every target. Secrets read [secret] unless asked for.",
    )
    .option("--show-secrets", "print passwords and keys")
    .addHelpText(
      "after",
      examples(
        ["purlin outputs", "where everything is"],
        ["purlin outputs --json --show-secrets", "for a script that needs a login"],
      ),
    )
    .action((options: Options) =>
      handle(async (context) => (await import("./outputs.handler.ts")).outputs(context, options)),
    );
}
