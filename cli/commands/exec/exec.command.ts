import { Command } from "commander";
import { examples, type Handle } from "../../command.ts";

export function execCommand(handle: Handle): Command {
  return new Command("exec")
    .summary("run a command with a service's environment, in its folder")
    .description(
      "Runs a command as the service would run: same environment, same folder. Exits with the command's own code.",
    )
    .argument("<service>", "a service of the blueprint")
    .argument("<command...>", "program and arguments, after --")
    .addHelpText("after", examples(["purlin exec api -- npm run migrate", "a one-off of the api service"]))
    .action((service: string, command: [string, ...string[]]) =>
      handle(async (context) => (await import("./exec.handler.ts")).exec(context, { service, command })),
    );
}
