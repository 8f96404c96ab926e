import { Command } from "commander";
import type { Handle } from "./command.ts";
import { completeCommand, completionCommand } from "./commands/completion/completion.command.ts";
import { configCommand } from "./commands/config/config.command.ts";
import { destroyCommand } from "./commands/destroy/destroy.command.ts";
import { doctorCommand } from "./commands/doctor/doctor.command.ts";
import { downCommand } from "./commands/down/down.command.ts";
import { execCommand } from "./commands/exec/exec.command.ts";
import { initCommand } from "./commands/init/init.command.ts";
import { logsCommand } from "./commands/logs/logs.command.ts";
import { openCommand } from "./commands/open/open.command.ts";
import { outputsCommand } from "./commands/outputs/outputs.command.ts";
import { planCommand } from "./commands/plan/plan.command.ts";
import { psqlCommand } from "./commands/psql/psql.command.ts";
import { statusCommand } from "./commands/status/status.command.ts";
import { upCommand } from "./commands/up/up.command.ts";
import { waitCommand } from "./commands/wait/wait.command.ts";
import type { Terminal } from "./output/terminal.ts";
import { version } from "./version.ts";

/** Commands in the order of a platform's life; help and the reference keep it. */
const commands = [
  initCommand,
  doctorCommand,
  planCommand,
  upCommand,
  statusCommand,
  waitCommand,
  logsCommand,
  outputsCommand,
  openCommand,
  execCommand,
  psqlCommand,
  configCommand,
  downCommand,
  destroyCommand,
  completionCommand,
];

/** The command tree. Building it loads no handler: that is what keeps `purlin --help` fast. */
export function createProgram(handle: Handle, { stdout }: { stdout: Pick<Terminal, "write"> }): Command {
  const program = new Command("purlin")
    .description("Describe a product platform in purlin.yaml and make it real: one file, one command.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .option("-s, --stack <name>", "stack of the blueprint (PURLIN_STACK)")
    .option("--file <path>", "path of purlin.yaml (PURLIN_FILE)")
    .option("--json", "print data and errors as JSON")
    .option("-y, --yes", "answer yes to questions that destroy nothing")
    .option("--no-input", "never ask: a needed answer is an error that names its flag")
    .option("--no-color", "no colours (also NO_COLOR, TERM=dumb)")
    .option("-v, --verbose", "say more about what happens (PURLIN_VERBOSE)")
    .helpCommand("help [command]", "print the help of a command")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: () => undefined })
    .exitOverride()
    .addHelpText("after", "\nStart with `purlin init`, then `purlin up`. Exit codes and every option: docs/cli.md");
  for (const create of commands) program.addCommand(create(handle).copyInheritedSettings(program));
  program.addCommand(completeCommand(handle).copyInheritedSettings(program), { hidden: true });
  return program;
}
