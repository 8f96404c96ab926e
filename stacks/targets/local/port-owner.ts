import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";

/** Whether nothing listens on this port, on any local address. */
export async function isFree(port: number): Promise<boolean> {
  for (const host of ["127.0.0.1", "0.0.0.0"]) if (!(await canListen(port, host))) return false;
  return true;
}

/** Who listens on a port, for messages: `nginx (pid 812, user www-data)`; `another process` when it cannot be seen. */
export function portOwner(port: number): string {
  try {
    const pid = listenerPid(port);
    if (pid !== undefined) return describeProcess(pid);
  } catch {
    // Processes come and go while we look.
  }
  return "another process";
}

/** Pid of the process that listens on a port; undefined when nothing does, or when it is another user's and we are not root. */
export function listenerPid(port: number): number | undefined {
  try {
    return process.platform === "linux" ? procListener(port) : lsofPid(port);
  } catch {
    return undefined; // lsof exits with 1 when it finds nothing
  }
}

async function canListen(port: number, host: string): Promise<boolean> {
  const server = createServer().listen({ port, host, exclusive: true });
  try {
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** Fields of /proc/net/tcp, see proc(5): local address `0100007F:1F90`, state 0A = LISTEN, inode. */
function procListener(port: number): number | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const inodes = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) =>
    readFileSync(table, "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[1]?.endsWith(suffix) && fields[3] === "0A")
      .map((fields) => `socket:[${fields[9] ?? ""}]`),
  );
  if (inodes.length === 0) return undefined;
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .find((pid) => holds(pid, inodes));
}

function holds(pid: number, inodes: string[]): boolean {
  const folder = `/proc/${pid}/fd`;
  return whileThere(() => readdirSync(folder), []).some((fd) =>
    inodes.includes(whileThere(() => readlinkSync(`${folder}/${fd}`), "")),
  );
}

/** What `look` sees in /proc; `otherwise` where that has ended meanwhile, or is not ours to see. A busy process closes files all the while. */
function whileThere<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}

function lsofPid(port: number): number {
  return Number(run("lsof", ["-nP", "-t", `-iTCP:${port}`, "-sTCP:LISTEN"]).split("\n")[0]);
}

function describeProcess(pid: number): string {
  if (process.platform !== "linux") {
    const [user = "", command = ""] = run("ps", ["-o", "user=,comm=", "-p", String(pid)]).split(/\s+/);
    return `${command} (pid ${pid}, user ${user})`;
  }
  const name = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  return `${name} (pid ${pid}, user ${run("id", ["-nu", String(statSync(`/proc/${pid}`).uid)])})`;
}

function run(command: string, args: string[]): string {
  return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}
