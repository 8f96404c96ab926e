import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { readIfPresent } from "../../../home/files.ts";

/** One process of the machine for ever: pids are used again, a pid with a start time is not. */
export interface Identity {
  pid: number;
  /** Opaque: ticks since boot on Linux, a date on macOS. */
  started: string;
}

/** A process as the machine's table shows it. */
export interface TableRow extends Identity {
  parent: number;
  group: number;
  zombie: boolean;
}

/** What a launcher recorded; `starts` counts from the last intended start. Undefined when absent or half written. */
export function readIdentity(file: string): (Identity & { starts: number }) | undefined {
  const match = /^(\d+) (\S+) (\d+)\n$/.exec(readIfPresent(file) ?? "");
  const [, pid, started, starts] = match ?? [];
  if (pid === undefined || started === undefined) return undefined;
  return { pid: Number(pid), started, starts: Number(starts) };
}

/** Whether that very process still runs. A zombie does not: it only waits for its parent to read its status. */
export function isAlive(identity: Identity): boolean {
  const row = process.platform === "linux" ? readStat(identity.pid) : psTable(identity.pid)[0];
  return row !== undefined && row.started === identity.started && !row.zombie;
}

/** Everything that runs, zombies left out. */
export function processTable(): TableRow[] {
  const rows = process.platform === "linux" ? procTable() : psTable();
  return rows.filter((row) => !row.zombie);
}

/**
 * The leader's process group and all its descendants: daemons' children may have groups of their own (Postgres), and
 * may outlive their leader. Descendants can be told only while their ancestors live.
 */
export function family(leader: Identity, table = processTable()): Identity[] {
  // A group's number is not used again while it has members, so a stranger under the pid means that nobody is left.
  if (table.some((row) => row.pid === leader.pid && row.started !== leader.started)) return [];
  const members = new Set([leader.pid]);
  let size: number;
  do {
    size = members.size;
    for (const { pid, parent, group } of table) if (group === leader.pid || members.has(parent)) members.add(pid);
  } while (members.size > size);
  return table.filter((row) => members.has(row.pid));
}

/** Sends a signal to one process; false when it is gone. */
export function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function procTable(): TableRow[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => readStat(Number(pid)) ?? []);
}

/** See proc_pid_stat(5): after the command's closing parenthesis come state (3), ppid (4), pgrp (5), ..., starttime (22). */
function readStat(pid: number): TableRow | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state = "", parent, group] = fields;
  return { pid, started: fields[19] ?? "", parent: Number(parent), group: Number(group), zombie: "ZX".includes(state) };
}

function psTable(pid?: number): TableRow[] {
  const which = pid === undefined ? ["-A"] : ["-p", String(pid)];
  let text: string;
  try {
    // Its own environment: start times must read the same whatever language or time zone the caller has.
    const env = { PATH: "/usr/bin:/bin", LC_ALL: "C" };
    text = execFileSync("ps", [...which, "-o", "pid=,ppid=,pgid=,state=,lstart="], {
      encoding: "utf8",
      env,
      stdio: "pipe",
    });
  } catch {
    return []; // ps exits with 1 when there is no such process
  }
  return text.split("\n").flatMap((line) => {
    const [id, parent, group, state = "", ...date] = line.trim().split(/\s+/);
    if (!id) return [];
    const zombie = state.startsWith("Z");
    return [{ pid: Number(id), parent: Number(parent), group: Number(group), zombie, started: date.join("_") }];
  });
}
