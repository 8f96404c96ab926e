import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { StackHome } from "../../../home/home.ts";
import type { PlatformUser } from "../user.ts";
import { makeFolder } from "./ownership.ts";

/** The folders of a stack's home that the supervisor works in. */
export type SupervisorHome = Pick<StackHome, "dir" | "processesDir" | "logsDir" | "runDir">;

/** sockaddr_un holds 108 bytes on Linux and 104 on macOS, with the final NUL. */
const longestSocketPath = 100;

/** Socket of the stack's supervisor. In the run folder, or, where that path is too long, in a private short one. */
export function supervisorSocket(home: SupervisorHome): string {
  const direct = join(home.runDir, "supervisor.sock");
  if (Buffer.byteLength(direct) <= longestSocketPath) return direct;
  return join(shortDir(home), "supervisor.sock");
}

export function supervisorConfig(home: SupervisorHome): string {
  return join(home.dir, "supervisord.conf");
}

export function supervisorLog(home: SupervisorHome): string {
  return join(home.logsDir, "supervisor.log");
}

/** Where the supervisor's launcher records its pid and start time. */
export function supervisorIdentity(home: SupervisorHome): string {
  return join(home.runDir, "supervisor.identity");
}

export function processDir(home: SupervisorHome, name: string): string {
  return join(home.processesDir, name);
}

/** Where a process's launcher records its pid, start time and number of starts. */
export function processIdentity(home: SupervisorHome, name: string): string {
  return join(processDir(home, name), "pid");
}

export function processLog(home: SupervisorHome, name: string): string {
  return join(home.logsDir, `${name}.log`);
}

/** Creates the folders, owned by the platform's user and closed to everyone else. */
export function prepareFolders(home: SupervisorHome, user: PlatformUser): void {
  const socketDir = dirname(supervisorSocket(home));
  for (const dir of [home.processesDir, home.logsDir, home.runDir]) makeFolder(dir, user);
  if (socketDir === home.runDir) return;
  // /tmp is everyone's: a folder prepared by a stranger could hold a false supervisor.
  makeFolder(socketDir, user);
  if (statSync(socketDir).uid !== user.uid) throw new Error(`${socketDir} belongs to another user: remove it`);
}

/** The same folder for the same home, whoever asks: root's CLI and the platform's user must agree on it. */
function shortDir(home: SupervisorHome): string {
  return join("/tmp", `purlin-${createHash("sha256").update(home.dir).digest("hex").slice(0, 16)}`);
}
