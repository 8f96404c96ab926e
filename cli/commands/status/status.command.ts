import { Command } from "commander";
import { examples, type Handle } from "../../command.ts";

export function statusCommand(handle: Handle): Command {
  return new Command("status")
    .summary("show every process: state, since when, what its probe answers")
    .description("Asks every process of the platform how it is. Exits 7 when one is not healthy.")
    .addHelpText("after", examples(["purlin status", "at a glance"], ["purlin status --json", "for a script"]))
    .action(() => handle(async (context) => (await import("./status.handler.ts")).status(context)));
}
