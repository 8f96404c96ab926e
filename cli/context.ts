import type { Interruption } from "./interruption.ts";
import type { Log } from "./log.ts";
import type { Terminal } from "./output/terminal.ts";
import type { Platform } from "./platform.ts";
import type { Settings } from "./settings.ts";

/**
 * The world a handler receives. Handlers take `Pick<Context, ...>` of what they use and touch nothing else: only
 * main.ts reads process.env, listens to signals or exits.
 */
export interface Context {
  /** Data: what a script would read. */
  stdout: Terminal;
  /** Messages for people. */
  stderr: Terminal;
  stdin: Stdin;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  settings: Settings;
  /** Milliseconds since the epoch. */
  now: () => number;
  interruption: Interruption;
  log: Log;
  platform: Platform;
}

export interface Stdin {
  isTTY: boolean;
  /** The next line, without its end; undefined when the input has ended. */
  readLine: () => Promise<string | undefined>;
}
