import { SupervisorClient, type Program } from "../supervisor/client.ts";
import { recordSpec, removeProcess, startProcess } from "../supervisor/control.ts";
import { processNamePattern, processSpecSchema, readSpec, type ProcessSpec } from "../supervisor/process-spec.ts";
import { wasReady } from "../supervisor/ready.ts";
import { stopProcess } from "../supervisor/stop.ts";
import { pause } from "../supervisor/wait.ts";
import { key } from "../resources/change.ts";
import { compareSpecs, type SpecChanges } from "./process-changes.ts";
import type { Change, Kind } from "./kind.ts";
import { waitUntilReady } from "./ready.ts";
import { supervised, type World } from "./world.ts";

/**
 * A daemon. The engine's memory of it is never trusted: both `diff` and `apply` compare what is wanted with the spec the
 * process was really started with (process.json) and with what the supervisor says of it now.
 */
export const process: Kind<ProcessSpec> = {
  schema: processSpecSchema,
  id: (name) => name,
  deadlineSeconds: (args) =>
    (args?.startTimeoutSeconds ?? 0) + (args?.minReadySeconds ?? 0) + (args?.stop.timeoutSeconds ?? 60) + 60,

  async diff(world, { name }, args) {
    const { changes, state } = await compare(world, name, args);
    const ofSpec = changes ? [...changes.restart, ...changes.reload, ...changes.record] : [];
    return state === undefined ? ofSpec : [state, ...ofSpec];
  },

  async apply(world, { name }, args) {
    if (!processNamePattern.test(name)) throw new Error(`${name} is no name for a process: use a-z, 0-9 and -`);
    await supervised(world);
    const { home, user, signal } = world;
    const { changes, state, isUp } = await compare(world, name, args);
    if (!isUp || changes === undefined || changes.restart.length > 0) {
      await stopProcess(home, name, signal);
      signal.throwIfAborted();
      await startProcess(home, user, name, args);
    } else {
      if (changes.reload.length > 0 && args.reload) await new SupervisorClient(home).signal(name, args.reload.signal);
      await recordSpec(home, user, name, args);
      if (state === undefined && changes.reload.length === 0) return;
    }
    await waitUntilReady(world, name, args);
    const isBack = isUp && changes !== undefined && changes.restart.length > 0;
    if (isBack && args.minReadySeconds !== undefined) await pause(args.minReadySeconds * 1000, signal);
  },

  exists: ({ home }, { name }) => readSpec(home, name) !== undefined,

  async remove({ home, user, signal }, { name }) {
    await removeProcess(home, user, name, signal);
  },
};

interface Comparison {
  /** Undefined when it was never started, or that was not finished. */
  changes: SpecChanges | undefined;
  /** What is wrong with the process itself, whatever the spec. */
  state: Change | undefined;
  /** The supervisor keeps it: it runs, or is on its way. */
  isUp: boolean;
}

async function compare({ home }: World, name: string, wanted: ProcessSpec): Promise<Comparison> {
  const program = await new SupervisorClient(home).program(name);
  const found = readSpec(home, name);
  const changes = found && compareSpecs(found, wanted);
  const isUp = program?.statename === "RUNNING" || program?.statename === "STARTING";
  return { changes, state: trouble(program, isUp, wasReady(home, name)), isUp };
}

function trouble(program: Program | undefined, isUp: boolean, ready: boolean): Change | undefined {
  if (isUp) return ready ? undefined : { key: key("state", "starting") };
  const failed = program?.statename === "FATAL" || program?.statename === "BACKOFF";
  return { key: key("state", failed ? "failed" : "stopped") };
}
