import { SupervisorClient } from "./client.ts";
import { isAlive, readIdentity, send } from "./identity.ts";
import { supervisorIdentity, type SupervisorHome } from "./places.ts";
import { waitUntil } from "./wait.ts";

/** A living supervisor answers within a millisecond; one that is silent for so long hangs. */
const silenceMs = 3000;

/**
 * Whether the stack's supervisor answers. One that lives but does not, after `silenceMs`, is killed: a daemon's orphans
 * can be dealt with, a supervisor that hangs would restart them at any moment.
 */
export async function reachSupervisor(home: SupervisorHome, signal?: AbortSignal): Promise<boolean> {
  const client = new SupervisorClient(home);
  const identity = readIdentity(supervisorIdentity(home));
  const lives = identity !== undefined && isAlive(identity);
  const timeoutMs = lives ? silenceMs : 0;
  if (await waitUntil(() => client.answers(silenceMs), { timeoutMs, everyMs: 50, signal })) return true;
  if (lives) {
    send(identity.pid, "SIGKILL");
    await waitUntil(() => !isAlive(identity), { timeoutMs: silenceMs, signal });
  }
  return false;
}
