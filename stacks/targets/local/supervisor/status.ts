import { statSync } from "node:fs";
import { probe, type ProbeResult } from "../probe/probe.ts";
import { SupervisorClient, type Program } from "./client.ts";
import { wasReady } from "./ready.ts";
import { isAlive, readIdentity } from "./identity.ts";
import { lastEnd } from "./last-end.ts";
import { processIdentity, type SupervisorHome } from "./places.ts";
import { listProcesses, type KnownProcess } from "./process-spec.ts";

type ProcessState = "running" | "starting" | "stopped" | "failed" | "unhealthy";

/** One process as `purlin status` shows it. */
export interface ProcessRow {
  component: string;
  name: string;
  state: ProcessState;
  pid?: number;
  /** ISO time of the last start. */
  since?: string;
  /** Starts by the supervisor after an unexpected end, since the last intended start. */
  restarts: number;
  probe: ProbeResult;
}

/** Every process of the stack, asked now, all at once. Needs neither the engine nor a living supervisor. */
export async function processStatus(home: SupervisorHome, { timeoutMs = 2000 } = {}): Promise<ProcessRow[]> {
  const programs = await new SupervisorClient(home).programs();
  return Promise.all(listProcesses(home).map((known) => row(home, known, programs.get(known.name), timeoutMs)));
}

async function row(
  home: SupervisorHome,
  { name, spec }: KnownProcess,
  program: Program | undefined,
  timeoutMs: number,
): Promise<ProcessRow> {
  const file = processIdentity(home, name);
  const identity = readIdentity(file);
  const alive = identity !== undefined && isAlive(identity);
  const base = { component: spec.component, name, restarts: Math.max(0, (identity?.starts ?? 0) - 1) };
  if (!alive) {
    const { state, answer } = await absence(home, name, program);
    return { ...base, state, probe: { ok: false, answer, ms: 0 } };
  }
  const found = { ...base, pid: identity.pid, since: statSync(file).mtime.toISOString() };
  const result = await probe(spec.ready, { timeoutMs });
  if (program === undefined) {
    const answer = "runs without its supervisor; `purlin up` starts it anew";
    return { ...found, state: "unhealthy", probe: { ...result, ok: false, answer } };
  }
  const trouble = wasReady(home, name) ? "unhealthy" : "starting";
  return { ...found, state: result.ok ? "running" : trouble, probe: result };
}

/** Why there is no process, from what the supervisor knows. */
async function absence(
  home: SupervisorHome,
  name: string,
  program: Program | undefined,
): Promise<{ state: ProcessState; answer: string }> {
  switch (program?.statename) {
    case undefined:
    case "STOPPED":
    case "STOPPING":
      return { state: "stopped", answer: "not running" };
    case "STARTING":
    case "RUNNING":
      return { state: "starting", answer: "only just started" };
    case "FATAL":
      return { state: "failed", answer: `given up: it ${await lastEnd(home, name)} after every start` };
    default:
      return { state: "starting", answer: `${await lastEnd(home, name)}; it is being started again` };
  }
}
