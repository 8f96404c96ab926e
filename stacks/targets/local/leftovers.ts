import { existsSync, readdirSync } from "node:fs";
import type { StackHome } from "../../home/home.ts";
import { isAlive, readIdentity } from "./supervisor/identity.ts";
import { processIdentity, supervisorIdentity, supervisorSocket } from "./supervisor/places.ts";
import { folders } from "./supervisor/process-spec.ts";

/** What of a stack that is down still runs or lies in the run folder, each in words. Nothing, when all is well. */
export function leftovers(home: StackHome): string[] {
  const identities: [name: string, file: string][] = [
    ["supervisor", supervisorIdentity(home)],
    ...folders(home).map((name): [string, string] => [name, processIdentity(home, name)]),
  ];
  const running = identities.flatMap(([name, file]) => {
    const identity = readIdentity(file);
    return identity !== undefined && isAlive(identity) ? [`process ${name} (pid ${identity.pid})`] : [];
  });
  const socket = supervisorSocket(home);
  const sockets = existsSync(socket) ? [`socket ${socket}`] : [];
  const files = existsSync(home.runDir) ? readdirSync(home.runDir).map((file) => `file ${home.runDir}/${file}`) : [];
  return [...running, ...new Set([...sockets, ...files])];
}
