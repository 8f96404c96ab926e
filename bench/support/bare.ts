import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { StackHome } from "../../stacks/home/home.ts";
import { probe } from "../../stacks/targets/local/probe/probe.ts";
import { bareEnvironment } from "../../stacks/targets/local/supervisor/daemon.ts";
import { processDir } from "../../stacks/targets/local/supervisor/places.ts";
import { listProcesses, type KnownProcess } from "../../stacks/targets/local/supervisor/process-spec.ts";
import { ensurePlatformUser } from "../../stacks/targets/local/user.ts";
import { packageRoot } from "../../tests/e2e/support/purlin.ts";

/*
 * A stack's daemons without purlin: the very commands, environment, user and settings it generated, but no supervisor
 * and no helpers. What the platform costs is measured against this.
 */

export interface BareDaemon {
  name: string;
  /** Milliseconds that purlin waits for this daemon's end before it is killed. */
  patience: number;
  /** Sends the daemon its own stop signal; resolves when it is gone, however long it takes. */
  stop: () => Promise<void>;
}

/** Daemons of a stack that is down, in the order in which they can start. purlin's own helper processes are left out. */
export function daemonsOf(home: StackHome): KnownProcess[] {
  const scripts = join(packageRoot, "dist/stacks");
  return listProcesses(home)
    .filter(({ spec }) => !spec.command.some((word) => word.startsWith(scripts)))
    .toSorted((a, b) => a.spec.level - b.spec.level);
}

/** Starts a daemon and waits until its probe answers well. @throws Error when it ends before that. */
export async function startBare(home: StackHome, { name, spec }: KnownProcess): Promise<BareDaemon> {
  const child = launch(home, join(processDir(home, name), "run.sh"));
  const end = Date.now() + spec.startTimeoutSeconds * 1000;
  while (!(await probe(spec.ready, { timeoutMs: 2000 })).ok) {
    if (hasEnded(child)) throw new Error(`${name} ended while it started; see ${bareLog(home)}`);
    if (Date.now() > end) throw new Error(`${name} does not answer; see ${bareLog(home)}`);
    await sleep(10);
  }
  const stop = async (): Promise<void> => {
    if (hasEnded(child)) return;
    const gone = once(child, "exit");
    child.kill(`SIG${spec.stop.signal}`);
    await gone;
  };
  return { name, patience: spec.stop.timeoutSeconds * 1000, stop };
}

/** Starts all daemons, those that do not depend on one another side by side. Later ones come first in the result. */
export async function startAllBare(home: StackHome): Promise<BareDaemon[]> {
  const started: BareDaemon[] = [];
  try {
    for (const [, daemons = []] of Map.groupBy(daemonsOf(home), ({ spec }) => spec.level)) {
      await Promise.all(daemons.map(async (daemon) => started.unshift(await startBare(home, daemon))));
    }
    return started;
  } catch (error) {
    for (const daemon of started) await daemon.stop();
    throw error;
  }
}

function launch(home: StackHome, script: string): ChildProcess {
  const user = ensurePlatformUser();
  const log = openSync(bareLog(home), "a", 0o640);
  try {
    return spawn("/bin/sh", [script], {
      cwd: home.dir,
      detached: true,
      stdio: ["ignore", log, log],
      env: bareEnvironment(process.env, home, user),
      ...(process.getuid?.() === user.uid ? {} : { uid: user.uid, gid: user.gid }),
    });
  } finally {
    closeSync(log);
  }
}

function bareLog(home: StackHome): string {
  return join(home.dir, "bare.log");
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
