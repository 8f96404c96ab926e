import { Command } from "commander";
import { examples, type Handle } from "../../command.ts";

export function psqlCommand(handle: Handle): Command {
  return new Command("psql")
    .summary("open psql on a database of the platform")
    .description("Opens psql as the database's owner, with the password in the environment, never on the command line.")
    .argument("[database]", "a database of the blueprint (default: the only or first one)")
    .argument("[args...]", "arguments for psql, after --")
    .addHelpText(
      "after",
      examples(["purlin psql", "look around"], ["purlin psql app -- -c 'select 1'", "one statement"]),
    )
    .action((database: string | undefined, args: string[]) =>
      handle(async (context) => (await import("./psql.handler.ts")).psql(context, { database, args })),
    );
}
