import { Argument, Command } from "commander";
import { examples, type Handle } from "../../command.ts";

const shells = ["bash", "zsh", "fish", "powershell"];

export function completionCommand(handle: Handle): Command {
  return new Command("completion")
    .summary("print the completion script of a shell")
    .description("Prints a script that completes commands, options and arguments. Load it in the shell's start file.")
    .addArgument(new Argument("<shell>", "the shell").choices(shells))
    .addHelpText(
      "after",
      examples(
        ["source <(purlin completion bash)", "in ~/.bashrc"],
        ["source <(purlin completion zsh)", "in ~/.zshrc"],
        ["purlin completion fish | source", "in ~/.config/fish/config.fish"],
      ),
    )
    .action((shell: string, _options: object, command: Command) =>
      handle(async () => (await import("./completion.handler.ts")).printScript(rootOf(command), shell)),
    );
}

/** What the scripts call back, at every TAB: `purlin complete -- status --j`. Not shown in help. */
export function completeCommand(handle: Handle): Command {
  return new Command("complete")
    .argument("[words...]", "the command line so far")
    .action((words: string[], _options: object, command: Command) =>
      handle(async () => (await import("./completion.handler.ts")).complete(rootOf(command), words)),
    );
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}
