import { join } from "node:path";
import { z } from "zod";
import { readIfPresent, writeAtomically } from "../../stacks/home/files.ts";
import type { StackHome } from "../../stacks/home/home.ts";
import { isAlive, processTable, send, type Identity } from "../../stacks/targets/local/supervisor/identity.ts";
import { waitUntil } from "../../stacks/targets/local/supervisor/wait.ts";

const identitySchema = z.object({ pid: z.number(), started: z.string() });

/** How long an engine whose purlin is gone may finish what is in flight. It ends by itself when it notices: 5 s. */
const graceMs = 10_000;

/** Remembers the engine process of this run, so that the next one can end it should this one be killed. */
export function recordChild(home: StackHome, pid: number): void {
  const row = processTable().find((candidate) => candidate.pid === pid);
  if (row !== undefined) writeAtomically(childFile(home), JSON.stringify({ pid, started: row.started }));
}

/** The engine process recorded last, alive or not. */
export function recordedChild(home: StackHome): Identity | undefined {
  try {
    return identitySchema.parse(JSON.parse(readIfPresent(childFile(home)) ?? ""));
  } catch {
    return undefined;
  }
}

/**
 * Ends an engine whose purlin was killed, then waits for its providers, which follow their parent. Call while holding
 * the stack's lock: that nobody else holds it is what makes a running engine an orphan.
 */
export async function endOrphans(home: StackHome): Promise<void> {
  const child = recordedChild(home);
  if (child === undefined || !isAlive(child)) return;
  const family = [child, ...processTable().filter(({ parent }) => parent === child.pid)];
  send(child.pid, "SIGINT");
  const ended = () => !family.some(isAlive);
  if (await waitUntil(ended, { timeoutMs: graceMs, everyMs: 50 })) return;
  for (const identity of family) if (isAlive(identity)) send(identity.pid, "SIGKILL");
  await waitUntil(ended, { timeoutMs: 1000 });
}

function childFile(home: StackHome): string {
  return join(home.pulumiDir, "engine.json");
}
