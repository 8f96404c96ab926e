import { execFile } from "node:child_process";
import { readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { isMissing } from "../data-version.ts";

/**
 * Gives `fresh` the name `dataDir`. A server that still runs on the old folder keeps it as its working directory
 * through the rename; it is stopped after the fresh one has taken its place, so that whoever restarts it, starts it
 * on the fresh one.
 */
export async function putInPlace(fresh: string, dataDir: string): Promise<void> {
  const old = `${dataDir}.old`;
  await discard(old, dataDir); // of a run that was killed here
  await renameIfThere(dataDir, old);
  await rename(fresh, dataDir);
  await discard(old, dataDir);
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Immediate shutdown, then removal: nothing of this server is kept. */
async function discard(old: string, startedAs: string): Promise<void> {
  const pid = await postmasterPid(old);
  if (pid !== undefined && (await commandOf(pid)).includes(startedAs)) {
    process.kill(pid, "SIGQUIT");
    while ((await commandOf(pid)).includes(startedAs)) await setTimeout(50);
  }
  await rm(old, { recursive: true, force: true });
}

async function postmasterPid(dataDir: string): Promise<number | undefined> {
  try {
    return Number.parseInt(await readFile(path.join(dataDir, "postmaster.pid"), "utf8"), 10);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Command line of a process, empty when it is gone. A pid alone may be somebody else's by now. */
async function commandOf(pid: number): Promise<string> {
  return promisify(execFile)("ps", ["-o", "command=", "-p", String(pid)]).then(
    ({ stdout }) => stdout,
    () => "",
  );
}
