import { appendFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Row } from "./engine.ts";

const keptRuns = 50;

export interface RunLog {
  id: string;
  file: string;
  write: (row: Row) => void;
}

/** Rows of one run as NDJSON in `<logs>/runs/<id>.ndjson`. Ids sort by time. */
export function openRunLog(logsDir: string, command: string): RunLog {
  const dir = join(logsDir, "runs");
  mkdirSync(dir, { recursive: true });
  const id = `${new Date().toISOString().replaceAll(/[:.]/g, "-")}-${command}-${process.pid}`;
  const file = join(dir, `${id}.ndjson`);
  appendFileSync(file, "", { mode: 0o600 });
  for (const old of readdirSync(dir).sort().slice(0, -keptRuns)) rmSync(join(dir, old), { force: true });
  const write = (row: Row) => {
    if (row.operation !== "same")
      appendFileSync(file, `${JSON.stringify({ time: new Date().toISOString(), ...row })}\n`);
  };
  return { id, file, write };
}
