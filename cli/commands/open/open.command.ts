import { Command } from "commander";
import { examples, type Handle } from "../../command.ts";

export function openCommand(handle: Handle): Command {
  return new Command("open")
    .summary("open a page of the platform in the browser")
    .description("Prints the URL, and opens it where there is a browser and a terminal.")
    .argument("[page]", "gateway, prometheus, grafana, alertmanager, mail, mindsdb, or a service", "gateway")
    .addHelpText(
      "after",
      examples(["purlin open", "the gateway"], ["purlin open prometheus", "a page of the monitoring"]),
    )
    .action((page: string) => handle(async (context) => (await import("./open.handler.ts")).open(context, { page })));
}
