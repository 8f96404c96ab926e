import { exitCodes, type ExitFamily } from "../../errors/exit-codes.ts";
import { isPurlinError } from "../../errors/purlin-error.ts";
import { jsonVersion } from "./json.ts";
import { painter } from "./paint.ts";
import type { Terminal } from "./terminal.ts";

/** An error as it is shown, whatever it was: a catalogue entry, or a bug in purlin itself. */
export interface ShownError {
  code: string;
  family: ExitFamily;
  what: string;
  why?: string | undefined;
  fix: string;
}

/** @param logFile where the stack trace of an unexpected error was written. */
export function shownError(error: unknown, logFile: string | undefined): ShownError {
  if (isPurlinError(error)) return { code: error.code, family: error.family, ...error.text };
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: "UNEXPECTED",
    family: "bug",
    what: `unexpected: ${message}`,
    why: "This is a bug in purlin, not something you did.",
    fix: logFile === undefined ? "run it again with --verbose and report what it says" : `report it, with ${logFile}`,
  };
}

/** What happened, why, and last the one thing that mends it. With `json`, one line of JSON that says the same. */
export function writeError(to: Terminal, error: ShownError, json: boolean): void {
  to.write(json ? jsonError(error) : textError(to, error));
}

function textError(to: Terminal, { what, why, fix }: ShownError): string {
  const paint = painter(to);
  const lines = [`${paint("red", "error:")} ${what}`];
  if (why !== undefined) lines.push(...why.split("\n").map((line) => `  ${line}`));
  lines.push(`${paint("cyan", "fix:")} ${fix}`);
  return `${lines.join("\n")}\n`;
}

function jsonError({ code, family, what, why, fix }: ShownError): string {
  return `${JSON.stringify({ version: jsonVersion, error: { code, family, exitCode: exitCodes[family], what, why, fix } })}\n`;
}
