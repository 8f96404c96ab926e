import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { StackHome } from "../../home/home.ts";
import { listenerPid, portOwner } from "./port-owner.ts";
import type { Listener } from "./ports.ts";
import { family, processTable, readIdentity } from "./supervisor/identity.ts";

/** Tells what listens on a port, and whether that is one of this stack's own processes. A snapshot, read on first use. */
export function listenersSeenFrom(home: Pick<StackHome, "processesDir">): (port: number) => Listener {
  const isListening = process.platform === "linux" ? inTable(listeningPorts()) : () => undefined;
  let ours: Set<number> | undefined;
  return (port) => {
    if (isListening(port) === false) return undefined;
    const pid = listenerPid(port);
    if (pid === undefined && isListening(port) === undefined) return undefined;
    ours ??= ownPids(home);
    return pid !== undefined && ours.has(pid) ? { ours: true } : { ours: false, owner: portOwner(port) };
  };
}

function inTable(ports: Set<number>): (port: number) => boolean {
  return (port) => ports.has(port);
}

/** Listening TCP ports of the machine, any address: proc_net_tcp(5), state 0A. Seen also where the owner cannot be. */
function listeningPorts(): Set<number> {
  const rows = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) => readFileSync(table, "utf8").split("\n").slice(1));
  const sockets = rows.map((row) => row.trim().split(/\s+/)).filter((fields) => fields[3] === "0A");
  return new Set(sockets.map((fields) => parseInt(fields[1]?.split(":")[1] ?? "", 16)));
}

function ownPids(home: Pick<StackHome, "processesDir">): Set<number> {
  const table = processTable();
  const leaders = namesIn(home.processesDir).flatMap(
    (name) => readIdentity(join(home.processesDir, name, "pid")) ?? [],
  );
  return new Set(leaders.flatMap((leader) => family(leader, table)).map(({ pid }) => pid));
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return []; // nothing has run yet
  }
}
