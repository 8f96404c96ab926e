import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface Leak {
  pid: number;
  command: string;
}

/**
 * Processes that belong to a data home: its path stands in their command line, their environment, their working
 * folder or one of their open files. Linux only, as these tests are.
 */
export function findLeaks(home: string): Leak[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((pid) => {
      const command = read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
      const texts = [command, read(`/proc/${pid}/environ`), link(`/proc/${pid}/cwd`), ...openFiles(pid)];
      return texts.some((text) => text.includes(home)) ? [{ pid: Number(pid), command: command || `pid ${pid}` }] : [];
    });
}

function openFiles(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => link(`/proc/${pid}/fd/${fd}`));
  } catch {
    return []; // gone in the meantime
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
