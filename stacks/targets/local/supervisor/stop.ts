import { unlink } from "node:fs/promises";
import { hasCode } from "../../../home/files.ts";
import { SupervisorClient, type Program } from "./client.ts";
import { family, isAlive, processTable, readIdentity, send, type Identity } from "./identity.ts";
import { processIdentity, type SupervisorHome } from "./places.ts";
import { readSpec } from "./process-spec.ts";
import { waitUntil } from "./wait.ts";

const defaultStop = { signal: "TERM", timeoutSeconds: 10 } as const;
/** Children that outlive a leader that stopped well are given this long before they are killed. */
const childrenGraceMs = 2000;
/** The kernel ends a killed process at once, unless it hangs in a device or file system. */
const killMs = 5000;

/**
 * Stops one process and everything it started: its declared signal, its declared patience, then SIGKILL. Works with
 * the supervisor, without it (orphans), and when nothing runs any more.
 *
 * @throws Error when something survives SIGKILL; the signal's reason when aborted.
 */
export async function stopProcess(home: SupervisorHome, name: string, signal?: AbortSignal): Promise<void> {
  const { stop, leaves } = readSpec(home, name) ?? { stop: defaultStop, leaves: [] };
  const client = new SupervisorClient(home);
  const supervised = await client.program(name);
  const leader = findLeader(home, name, supervised);
  const before = leader === undefined ? [] : family(leader);

  if (supervised) await client.stop(name);
  else if (leader && isAlive(leader)) send(leader.pid, `SIG${stop.signal}`);

  if (leader) await endFamily(leader, before, stop.timeoutSeconds * 1000, signal);
  if (supervised) await waitUntil(() => isSettled(client, name), { timeoutMs: killMs, signal });
  for (const path of leaves) await removeLeft(path);
}

/** A file left behind by a kill. What somebody else has put in its place meanwhile is not ours to remove. */
async function removeLeft(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!hasCode(error, "ENOENT", "EPERM", "EACCES", "EISDIR")) throw error;
  }
}

/** Whether any process recorded under `name` still runs. */
export function isRunning(home: SupervisorHome, name: string): boolean {
  const leader = readIdentity(processIdentity(home, name));
  return leader !== undefined && family(leader).length > 0;
}

/** As its launcher recorded it, or, when that had no time to, as the supervisor knows it. */
function findLeader(home: SupervisorHome, name: string, program: Program | undefined): Identity | undefined {
  const recorded = readIdentity(processIdentity(home, name));
  if (program === undefined || program.pid === 0 || program.pid === recorded?.pid) return recorded;
  return processTable().find(({ pid }) => pid === program.pid);
}

/**
 * Waits for a leader that was asked to stop, then for its family; what is left after that is killed.
 *
 * @throws Error when something survives SIGKILL; the signal's reason when aborted.
 */
export async function endFamily(
  leader: Identity,
  before: Identity[],
  patienceMs: number,
  signal?: AbortSignal,
): Promise<void> {
  await waitUntil(() => !isAlive(leader), { timeoutMs: patienceMs, signal });
  if (!isAlive(leader)) {
    await waitUntil(() => leftOver(leader, before).length === 0, { timeoutMs: childrenGraceMs, signal });
  }
  for (const { pid } of leftOver(leader, before)) send(pid, "SIGKILL");
  const gone = await waitUntil(() => leftOver(leader, before).length === 0, { timeoutMs: killMs, signal });
  if (!gone) throw new Error(`process ${leader.pid} or a child of it survives SIGKILL`);
}

/** Members known from before the stop, when ancestors still led to them, and those in the leader's group now. */
function leftOver(leader: Identity, before: Identity[]): Identity[] {
  const table = processTable();
  const old = before.filter(({ pid, started }) => table.some((row) => row.pid === pid && row.started === started));
  return [...old, ...family(leader, table)];
}

/** supervisord notices an end a moment after we do; until then it refuses to start the process or to forget it. */
async function isSettled(client: SupervisorClient, name: string): Promise<boolean> {
  const program = await client.program(name);
  return program === undefined || ["STOPPED", "EXITED", "FATAL", "UNKNOWN"].includes(program.statename);
}
