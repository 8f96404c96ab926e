import { readFile } from "node:fs/promises";
import { run } from "./sources/run.ts";

/** A process, told apart from a later one of the same number by when it started. */
export interface Owner {
  pid: number;
  started: string;
}

/** This process as an owner. */
export async function thisProcess(): Promise<Owner> {
  return { pid: process.pid, started: (await startOf(process.pid)) ?? "unknown" };
}

/** Whether that very process still runs. */
export async function isAlive(owner: Owner): Promise<boolean> {
  return (await startOf(owner.pid)) === owner.started;
}

/** Whether a process of that number runs, whichever it is. */
export async function isRunning(pid: number): Promise<boolean> {
  return (await startOf(pid)) !== undefined;
}

async function startOf(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === "linux") return startTicks(await readFile(`/proc/${pid}/stat`, "utf8"));
    const { stdout } = await run("ps", ["-o", "lstart=", "-p", String(pid)], {
      env: { PATH: "/bin:/usr/bin" },
      timeout: 5,
    });
    return stdout.trim();
  } catch {
    return undefined;
  }
}

/** Field 22 of proc(5) `stat`; a zombie counts as ended. The name in field 2 may hold spaces and brackets. */
function startTicks(text: string): string | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : fields[19];
}
