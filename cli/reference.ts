import type { Command, Option } from "commander";
import { exitCodes, type ExitFamily } from "../errors/exit-codes.ts";
import { createProgram } from "./program.ts";

const meanings: Readonly<Record<string, string>> = {
  done: "done",
  bug: "a bug in purlin",
  usage: "wrong command line, or an answer that was not given",
  blueprint: "purlin.yaml is missing or wrong",
  preflight: "a check failed before the first change",
  locked: "another run is changing the stack",
  failed: "a resource could not be made what it should be",
  unhealthy: "something is not running or does not answer",
  timeout: "the time given with --timeout is over",
  drift: "`plan --detailed-exitcode` found changes",
  interrupted: "interrupted by Ctrl-C or a signal",
} satisfies Record<ExitFamily, string>;

/** The generated reference: path below the package's root -> content. Written and checked for staleness. */
export function generatedFiles(): Map<string, string> {
  return new Map([["docs/cli.md", reference()]]);
}

function reference(): string {
  const program = createProgram(() => Promise.resolve(), { stdout: { write: () => undefined } });
  const commands = program
    .createHelp()
    .visibleCommands(program)
    .filter((command) => command.name() !== "help");
  return `${[
    "# Command line",
    "<!-- Made by `npm run generate` from cli/program.ts: edit the commands there. -->",
    "Data goes to stdout and messages to stderr. Flags come before environment variables, those before purlin.yaml.",
    "## Options of every command",
    optionTable(program.options),
    ...commands.flatMap(section),
    "## JSON",
    json,
    "## Exit codes",
    table(
      ["code", "meaning"],
      Object.entries(exitCodes).map(([family, code]) => [String(code), meanings[family] ?? ""]),
    ),
  ].join("\n\n")}\n`;
}

const json = `With \`--json\` every command prints one document with \`"version": 1\`; \`plan\`, \`up\`, \`destroy\` and \`logs\` print one such
document a line, told apart by \`type\`. Errors are one line on stderr: \`{ "version": 1, "error": { code, family, exitCode, what, why, fix } }\`.
Fields are added without notice; a changed meaning raises the version.`;

function section(command: Command): string[] {
  const usage = `purlin ${command.name()} ${command.usage()}`.replace(
    " [options]",
    command.options.length > 0 ? " [options]" : "",
  );
  const args = command.registeredArguments.map((argument) => [`\`${argument.name()}\``, argument.description]);
  return [
    `## purlin ${command.name()}`,
    command.description(),
    `\`\`\`\n${usage.trim()}\n\`\`\``,
    ...(args.length > 0 ? [table(["argument", ""], args)] : []),
    ...(command.options.length > 0 ? [optionTable(command.options)] : []),
  ];
}

function optionTable(options: readonly Option[]): string {
  return table(
    ["option", ""],
    options.map(({ flags, description }) => [`\`${flags}\``, description]),
  );
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
