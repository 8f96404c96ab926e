import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { PurlinError } from "../../../errors/purlin-error.ts";
import { readIfPresent, writeAtomically } from "../../home/files.ts";
import type { StackHome } from "../../home/home.ts";

/** Below Linux's ephemeral range (32768 up), where outgoing connections would take ports at random. */
const range = { first: 20_000, count: 10_000 };

const portsSchema = z.record(z.string(), z.object({ port: z.number(), wanted: z.number().optional() }));
type Ports = z.infer<typeof portsSchema>;

/** What listens on a port of this machine now; undefined when it is free. */
export type Listener = { ours: true } | { ours: false; owner: string } | undefined;

export interface Wanted {
  port: number;
  exact: boolean;
}

/**
 * Sticky ports of a stack, kept in ports.json. A key keeps its port for the stack's life, unless a stranger has
 * taken it meanwhile or the blueprint wants another. Ports of the data home's other stacks are avoided also while
 * those are down.
 *
 * @throws PurlinError PORT_TAKEN when an exact port is a stranger's.
 */
export function openPorts(home: StackHome, listener: (port: number) => Listener) {
  const ports = readPorts(home.portsFile);
  const elsewhere = portsOfOtherStacks(home.dir);

  const isStrangers = (port: number) => listener(port)?.ours === false;
  const usedHere = (port: number, key: string) =>
    Object.entries(ports).some(([other, entry]) => other !== key && entry.port === port);
  const isFree = (port: number, key: string) =>
    !usedHere(port, key) && !elsewhere.has(port) && listener(port) === undefined;

  const choose = (key: string, wanted: Wanted | undefined): number => {
    if (wanted?.exact) return demand(key, wanted.port, listener(wanted.port));
    const kept = ports[key];
    if (kept !== undefined && kept.wanted === wanted?.port && !isStrangers(kept.port)) return kept.port;
    if (wanted !== undefined && isFree(wanted.port, key)) return wanted.port;
    for (let n = 0; n < range.count; n++) {
      const port = range.first + ((startOf(home.dir, key) + n) % range.count);
      if (isFree(port, key)) return port;
    }
    throw new Error(`no free port between ${range.first} and ${range.first + range.count}`);
  };

  return (key: string, wanted?: Wanted): number => {
    const port = choose(key, wanted);
    const kept = ports[key];
    if (kept?.port !== port || kept.wanted !== wanted?.port) {
      ports[key] = { port, wanted: wanted?.port };
      writeAtomically(home.portsFile, `${JSON.stringify(ports, null, 2)}\n`);
    }
    return port;
  };
}

function demand(key: string, port: number, listener: Listener): number {
  if (listener?.ours === false) throw new PurlinError("PORT_TAKEN", { port, key, owner: listener.owner });
  return port;
}

/** Different stacks and keys start looking in different places, so that two data homes rarely meet. */
function startOf(dir: string, key: string): number {
  return createHash("sha256").update(`${dir}\0${key}`).digest().readUInt32BE(0) % range.count;
}

function portsOfOtherStacks(dir: string): Set<number> {
  const folder = dirname(dir);
  if (!existsSync(folder)) return new Set();
  const others = readdirSync(folder).filter((entry) => entry !== basename(dir));
  return new Set(
    others.flatMap((entry) => Object.values(readPorts(join(folder, entry, "ports.json"))).map(({ port }) => port)),
  );
}

/** A damaged file is as good as none: ports are chosen again, and the plan shows what that restarts. */
function readPorts(path: string): Ports {
  try {
    return portsSchema.parse(JSON.parse(readIfPresent(path) ?? "{}"));
  } catch {
    return {};
  }
}
