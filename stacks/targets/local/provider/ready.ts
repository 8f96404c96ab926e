import { describeProbe, probe } from "../probe/probe.ts";
import { SupervisorClient, type Program } from "../supervisor/client.ts";
import { readIdentity } from "../supervisor/identity.ts";
import { lastLines } from "../supervisor/logs.ts";
import { processIdentity, processLog } from "../supervisor/places.ts";
import type { ProcessSpec } from "../supervisor/process-spec.ts";
import { markReady } from "../supervisor/ready.ts";
import { lastEnd } from "../supervisor/last-end.ts";
import { pause } from "../supervisor/wait.ts";
import { NotReady } from "./kind.ts";
import type { World } from "./world.ts";

/** One failed start may be bad luck (a port just given free); this many are a fault. */
const patienceStarts = 3;
const probeTimeoutMs = 2000;
/** Pauses between two probes grow from the first to the last: most daemons are up within 100 ms. */
const pauses = { firstMs: 15, lastMs: 250, growth: 1.3 };
const shownLines = 15;

/**
 * Waits until the probe answers well, and remembers that it did.
 *
 * @throws NotReady with the probe, its last answer, how the process ended, its last log lines and the log's path: when
 * the time is over, or earlier when the process ends again and again.
 */
export async function waitUntilReady(world: World, name: string, spec: ProcessSpec): Promise<void> {
  const { home, user, signal } = world;
  const client = new SupervisorClient(home);
  const end = performance.now() + spec.startTimeoutSeconds * 1000;
  for (let wait = pauses.firstMs; ; wait = Math.min(wait * pauses.growth, pauses.lastMs)) {
    signal.throwIfAborted();
    const left = Math.max(100, end - performance.now());
    const result = await probe(spec.ready, { timeoutMs: Math.min(probeTimeoutMs, Math.ceil(left)), signal });
    signal.throwIfAborted();
    const program = await client.program(name);
    if (result.ok && program !== undefined && isUp(program)) return markReady(home, user, name);

    const starts = readIdentity(processIdentity(home, name))?.starts ?? 0;
    const isLate = performance.now() > end;
    const why =
      (await hopeless(world, name, { program, starts })) ?? (isLate && `not ready after ${spec.startTimeoutSeconds} s`);
    if (why) throw new NotReady(await explain(world, name, spec, { why, answer: result.answer, program }));
    await pause(wait, signal);
  }
}

function isUp({ statename }: Program): boolean {
  return statename === "RUNNING" || statename === "STARTING";
}

/** Why waiting longer is of no use; undefined while there is hope. */
async function hopeless(
  { home }: World,
  name: string,
  { program, starts }: { program: Program | undefined; starts: number },
): Promise<string | undefined> {
  if (program === undefined) return "the supervisor no longer knows it";
  if (isUp(program) || program.statename === "STOPPING") return undefined;
  const end = await lastEnd(home, name);
  // 126 and 127 are the shell's: the command cannot be run, or does not exist. Trying again changes nothing.
  const isFinal = program.statename === "FATAL" || / 12[67]$/.test(end);
  if (isFinal || starts >= patienceStarts) return end + (starts > 1 ? `, ${starts} times in a row` : "");
  return undefined;
}

interface Trouble {
  why: string;
  answer: string;
  program: Program | undefined;
}

async function explain(
  world: World,
  name: string,
  spec: ProcessSpec,
  { why, answer, program }: Trouble,
): Promise<string> {
  const path = processLog(world.home, name);
  const lines = await lastLines(path, shownLines);
  const running = program && isUp(program) ? `, process ${program.pid} is running` : "";
  return [
    `${name}: ${why}${running}`,
    `health check ${describeProbe(spec.ready)}: ${answer}`,
    ...(lines.length === 0
      ? ["it wrote nothing to its log"]
      : ["last lines of its log:", ...lines.map((line) => `  ${line}`)]),
    `log: ${path}`,
  ].join("\n");
}
