import { createHash, randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { PurlinError } from "../../errors/purlin-error.ts";
import { createExclusively, readIfPresent } from "../../stacks/home/files.ts";
import { isAlive, processTable } from "../../stacks/targets/local/supervisor/identity.ts";

const ownerSchema = z.object({
  /** Names this acquisition for ever. */
  id: z.string(),
  user: z.string(),
  host: z.string(),
  pid: z.number(),
  /** Start time of the process: a pid used again is not the owner. */
  started: z.string(),
  reason: z.string(),
  since: z.string(),
});
export type LockOwner = z.infer<typeof ownerSchema>;

/*
 * One file says who changes the stack. It is created with its content complete or not at all, so of many at once one
 * wins. A dead owner's lock is never removed by a stranger (two strangers could both do so); it is *claimed*: the
 * successor creates `<file>.<id of the dead owner>`, which again only one can. The holder is at the end of that
 * chain. Releasing removes the first file before the claims, so a claim that succeeds while the first file is still
 * the one it was read from is a claim nobody else had.
 */

/** The lock's owner if there is one and it is alive, or cannot be judged because it is on another machine. */
export function lockHolder(file: string): LockOwner | undefined {
  const last = chain(file).at(-1);
  return last !== undefined && mayLive(last) ? last : undefined;
}

/**
 * Takes the lock of a stack, waiting up to `waitSeconds` for its owner.
 *
 * @returns a function that releases it
 * @throws PurlinError LOCKED naming the owner.
 */
export async function acquireLock(
  file: string,
  {
    stack,
    reason,
    waitSeconds,
    signal,
  }: { stack: string; reason: string; waitSeconds: number; signal?: AbortSignal | undefined },
): Promise<() => void> {
  const me = describeSelf(reason);
  const deadline = performance.now() + waitSeconds * 1000;
  for (;;) {
    const links = tryAcquire(file, me);
    if (links !== undefined) return () => release(file, me, links);
    const holder = lockHolder(file);
    if (holder === undefined) continue; // released or died between the two looks
    if (performance.now() >= deadline) throw locked(stack, holder);
    await sleep(200, undefined, signal ? { signal } : {});
  }
}

/** Claims to remove on release, or undefined when somebody else holds the lock. */
function tryAcquire(file: string, me: LockOwner): string[] | undefined {
  const text = JSON.stringify(me);
  if (createExclusively(file, text)) return [];
  const owners = chain(file);
  const [first] = owners;
  const last = owners.at(-1);
  if (first === undefined || last === undefined || mayLive(last)) return undefined;
  const claim = claimOn(file, last);
  if (!createExclusively(claim, text)) return undefined;
  if (readOwner(file)?.id === first.id) return owners.map((owner) => claimOn(file, owner));
  rmSync(claim, { force: true });
  return undefined;
}

function release(file: string, me: LockOwner, claims: string[]): void {
  if (chain(file).at(-1)?.id !== me.id) return; // removed by hand meanwhile
  for (const path of [file, ...claims]) rmSync(path, { force: true });
}

/** The recorded owner and everyone who claimed a dead one's lock, in order. */
function chain(file: string): LockOwner[] {
  const owners: LockOwner[] = [];
  for (let path = file; ;) {
    const owner = readOwner(path);
    if (owner === undefined) return owners;
    owners.push(owner);
    path = claimOn(file, owner);
  }
}

function claimOn(file: string, owner: LockOwner): string {
  return `${file}.${owner.id}`;
}

function readOwner(path: string): LockOwner | undefined {
  const text = readIfPresent(path);
  if (text === undefined) return undefined;
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    // Damaged by something else than us, who write it whole: a lock of nobody, which the next run claims.
    const id = createHash("sha256").update(path).update(text).digest("hex").slice(0, 16);
    return { id, user: "unknown", host: hostname(), pid: 0, started: "", reason: "unknown", since: "" };
  }
}

/** Process tables of other machines cannot be seen: their owners count as living. */
function mayLive(owner: LockOwner): boolean {
  return owner.host !== hostname() || isAlive(owner);
}

function describeSelf(reason: string): LockOwner {
  const started = processTable().find(({ pid }) => pid === process.pid)?.started ?? "";
  const since = new Date().toISOString();
  return { id: randomUUID(), user: userInfo().username, host: hostname(), pid: process.pid, started, reason, since };
}

function locked(stack: string, { user, host, pid, reason, since }: LockOwner): PurlinError {
  return new PurlinError("LOCKED", { stack, owner: `${user}@${host}`, pid, reason, since: `${since} (${age(since)})` });
}

function age(since: string): string {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(since)) / 1000));
  return seconds < 120 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
}
