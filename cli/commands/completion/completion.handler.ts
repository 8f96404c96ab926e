import tab, { type Command as Completed } from "@bomb.sh/tab";
import type { Command, Option } from "commander";
import type { ExitFamily } from "../../../errors/exit-codes.ts";

/** Prints the script that makes a shell ask `purlin complete`. */
export function printScript(program: Command, shell: string): ExitFamily {
  tab.setup(program.name(), program.name(), shell);
  return "done";
}

/** Prints the completions of the last word, as tab's scripts read them. */
export function complete(program: Command, words: string[]): ExitFamily {
  addOptions(tab, program.options);
  for (const command of program.createHelp().visibleCommands(program)) {
    const completed = tab.command(command.name(), command.summary());
    addOptions(completed, [...command.options, ...program.options]);
    for (const { argChoices, variadic, name } of command.registeredArguments.map(argumentOf)) {
      completed.argument(name, (add) => argChoices.forEach((choice) => add(choice, "")), variadic);
    }
  }
  tab.parse(words);
  return "done";
}

function argumentOf(argument: Command["registeredArguments"][number]) {
  return { name: argument.name(), variadic: argument.variadic, argChoices: argument.argChoices ?? [] };
}

function addOptions(completed: Completed, options: readonly Option[]): void {
  for (const { long, short, description, required, optional } of options) {
    const name = long?.replace(/^--/, "");
    if (name === undefined) continue;
    const alias = short?.replace(/^-/, "");
    if (required || optional) completed.option(name, description, () => undefined, alias);
    else if (alias === undefined) completed.option(name, description);
    else completed.option(name, description, alias);
  }
}
