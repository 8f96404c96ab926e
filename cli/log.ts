import { mkdirSync, renameSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cliLogFile } from "../stacks/home/home.ts";
import type { Terminal } from "./output/terminal.ts";

/** The CLI's debug log: what happened, for the day somebody asks. Never secrets. */
export interface Log {
  debug: (message: string, fields?: object) => void;
  error: (message: string, error: unknown) => void;
  /** Absolute path of the log; undefined where none could be written. */
  file: string | undefined;
}

export interface LogOptions {
  env: Readonly<Record<string, string | undefined>>;
  /** Debug messages are shown there as well. */
  verboseTo: Pick<Terminal, "write"> | undefined;
}

const rotateAtBytes = 4 * 1024 * 1024;

/** Opens `<data home>/logs/cli.ndjson`; where that cannot be written, a file in the system's temporary folder. */
export async function openLog({ env, verboseTo }: LogOptions): Promise<Log> {
  const { pino } = await import("pino");
  const places = [cliLogFile(env), join(tmpdir(), `purlin-${process.pid}.ndjson`)];
  const file = places.find(writable);
  const target = file === undefined ? undefined : pino.destination({ dest: file, sync: true, mode: 0o600 });
  const logger = target === undefined ? undefined : pino({ level: "debug", base: { pid: process.pid } }, target);
  return {
    file,
    debug(message, fields = {}) {
      logger?.debug(fields, message);
      verboseTo?.write(`debug: ${message}\n`);
    },
    error(message, error) {
      logger?.error({ err: error }, message);
    },
  };
}

function writable(file: string): boolean {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o711 });
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > rotateAtBytes) renameSync(file, `${file}.1`);
    return true;
  } catch {
    return false;
  }
}
