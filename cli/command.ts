import { InvalidArgumentError, Option } from "commander";
import type { ExitFamily } from "../errors/exit-codes.ts";
import type { Context } from "./context.ts";

/** How a command ended: a family of exit codes, or the code of the program it ran. */
export type Ending = ExitFamily | number;

/** Runs a command's work in the world and keeps how it ended. Handlers are imported inside, so that help stays fast. */
export type Handle = (work: (context: Context) => Promise<Ending>, options?: HandleOptions) => Promise<void>;

interface HandleOptions {
  /** Said at once, before anything is loaded, by commands that take more than a moment. */
  announce?: string;
}

/** Examples at the end of a command's help: the command line, and what it is for. */
export function examples(...lines: [line: string, purpose: string][]): string {
  const width = Math.max(...lines.map(([line]) => line.length));
  return `\nExamples:\n${lines.map(([line, purpose]) => `  ${line.padEnd(width)}  ${purpose}`).join("\n")}`;
}

export function lockWaitOption(): Option {
  return new Option("--lock-wait <seconds>", "how long to wait while another run changes the stack")
    .argParser(parseSeconds)
    .default(0);
}

export function timeoutOption(defaultSeconds: number): Option {
  return new Option("--timeout <duration>", "give up after this long: 90, 90s, 5m or 1h")
    .argParser(parseSeconds)
    .default(defaultSeconds, `${defaultSeconds}s`);
}

const unitSeconds: Record<string, number> = { "": 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of `90`, `90s`, `5m`, `1h` or `2d`. */
export function parseSeconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(text);
  const unit = unitSeconds[match?.[2] ?? ""];
  if (match === null || unit === undefined) throw new InvalidArgumentError("Write it as 90, 90s, 5m or 1h.");
  return Number(match[1]) * unit;
}

export function parseCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("Write a whole number.");
  return Number(text);
}
