import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { PurlinError } from "../../../../errors/purlin-error.ts";
import { lookUpUser, type PlatformUser } from "../user.ts";
import { SupervisorClient } from "./client.ts";
import { writeConfig } from "./config.ts";
import { quote, recordIdentity } from "./launcher.ts";
import { prepareFolders, supervisorIdentity, supervisorSocket, type SupervisorHome } from "./places.ts";
import { reachSupervisor } from "./reach.ts";
import { stopProcesses } from "./stop-all.ts";
import { waitUntil } from "./wait.ts";

export interface SupervisorOptions {
  home: SupervisorHome;
  /** Name of the user daemons run as. */
  user: string;
  /** Absolute path of supervisord. */
  supervisord: string;
  /** Environment of the caller; daemons get PATH, HOME, LANG and TZ of it. */
  env: Readonly<Record<string, string | undefined>>;
  signal?: AbortSignal | undefined;
}

const startTimeoutMs = 15_000;
/**
 * Makes sure that the stack's supervisor runs: adopts a living one if it is ours and answers; otherwise ends what a
 * dead one left behind (by recorded pid and start time) and starts another, in a session of its own.
 *
 * @throws PurlinError SUPERVISOR_FAILED with what it said.
 */
export async function ensureSupervisor(options: SupervisorOptions): Promise<void> {
  const { home, signal } = options;
  if (await reachSupervisor(home, signal)) return;
  await stopProcesses(home, { signal });
  await startSupervisor(options);
}

async function startSupervisor(options: SupervisorOptions): Promise<void> {
  const client = new SupervisorClient(options.home);
  const { home, signal } = options;
  const user = lookUpUser(options.user);
  prepareFolders(home, user);
  await rm(supervisorSocket(home), { force: true });
  await writeConfig(home, user);
  const output = join(home.logsDir, "supervisor.start.log");
  const child = launch(options, user, output);
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const timeoutMs = startTimeoutMs;
  await waitUntil(async () => ended() || (await client.answers()), { timeoutMs, everyMs: 15, signal });
  if (!(await client.answers())) {
    if (!ended()) child.kill("SIGKILL");
    throw new PurlinError("SUPERVISOR_FAILED", { output: readFileSync(output, "utf8").trim(), log: output });
  }
}

function launch({ home, supervisord, env }: SupervisorOptions, user: PlatformUser, output: string) {
  const script = `umask 077\n${recordIdentity(supervisorIdentity(home))}\nexec ${quote(supervisord)} -n -c supervisord.conf`;
  const log = openSync(output, "w", 0o640);
  const switched = process.getuid?.() === user.uid ? {} : { uid: user.uid, gid: user.gid };
  try {
    const child = spawn("/bin/sh", ["-c", script], {
      cwd: home.dir,
      detached: true,
      stdio: ["ignore", log, log],
      env: bareEnvironment(env, home, user),
      ...switched,
    });
    child.on("error", () => undefined); // shows as `exitCode`, and as no answer
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** What daemons and tasks inherit. Root's own home is closed to the platform's user, so they get the run folder for one. */
export function bareEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  home: SupervisorHome,
  user: PlatformUser,
): Record<string, string> {
  const inherited = { PATH: env.PATH, LANG: env.LANG, TZ: env.TZ, HOME: env.HOME };
  if (process.getuid?.() !== user.uid) inherited.HOME = home.runDir;
  return Object.fromEntries(
    Object.entries(inherited).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
