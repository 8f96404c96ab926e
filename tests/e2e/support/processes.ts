import { readFileSync } from "node:fs";
import { findLeaks, type Leak } from "./leaks.ts";
import type { Project } from "./project.ts";

export interface ProcessRow {
  component: string;
  name: string;
  state: string;
  pid?: number;
}

/** Rows of `purlin status --json`, which exits with the code of unhealthy when something does not run. */
export async function statusOf(project: Project): Promise<ProcessRow[]> {
  const { stdout, stderr } = await project.run("status", "--json");
  try {
    return (JSON.parse(stdout) as { rows: ProcessRow[] }).rows;
  } catch {
    throw new Error(`status said: ${stdout}${stderr}`);
  }
}

/** The stack's supervisor; undefined when it does not run. */
export function supervisorOf(project: Project): Leak | undefined {
  return findLeaks(project.home).find((leak) => leak.command.includes("supervisord"));
}

/** Processes of the data home that nobody supervises: neither the supervisor, nor one that `status` knows, nor below one. */
export async function findStrays(project: Project): Promise<Leak[]> {
  const rows = await statusOf(project);
  const known = new Set([supervisorOf(project)?.pid, ...rows.map((row) => row.pid)]);
  const supervised = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (known.has(pid) || supervised(parentOf(pid)));
  return findLeaks(project.home).filter((leak) => !supervised(leak.pid));
}

/** Parent from /proc/<pid>/stat; the command name in parentheses may itself hold spaces and parentheses. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}
