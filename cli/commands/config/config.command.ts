import { Command } from "commander";
import { examples, type Handle } from "../../command.ts";

export function configCommand(handle: Handle): Command {
  return new Command("config")
    .summary("print the resolved blueprint")
    .description("Prints the blueprint of one stack after overlays and defaults, as YAML or JSON, secrets left out.")
    .addHelpText(
      "after",
      examples(["purlin config", "what `up` works from"], ["purlin config --stack staging --json", "of another stack"]),
    )
    .action(() => handle(async (context) => (await import("./config.handler.ts")).config(context)));
}
