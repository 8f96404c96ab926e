import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import type { Specs } from "../../stacks/components/component.ts";
import { stackHome } from "../../stacks/home/home.ts";
import { prepareLocal } from "../../stacks/targets/local/prepare.ts";
import { probe } from "../../stacks/targets/local/probe/probe.ts";
import { probeSchema } from "../../stacks/targets/local/probe/spec.ts";
import type { LocalTarget } from "../../stacks/targets/local/target.ts";
import { lookUpUser } from "../../stacks/targets/local/user.ts";
import type { ToolName } from "../../toolchain/tool.ts";
import { register, type Registered } from "./register.ts";
import { machineTools } from "./tools.ts";

/*
 * One component for real, without the engine: its resources are registered with a mocked engine and then carried out
 * in that order as the platform's user, on a target as `up` prepares it. Tasks run from their sources.
 */

const task = z.object({
  command: z.tuple([z.string()], z.string()),
  env: z.record(z.string(), z.string()).default({}),
  input: z.unknown().optional(),
});
const daemon = task.extend({ cwd: z.string().optional(), ready: probeSchema });
const file = z.object({ path: z.string(), content: z.string(), mode: z.number().default(0o640) });
const directory = z.object({ path: z.string(), mode: z.number().default(0o700) });

export interface Running {
  target: LocalTarget;
  /** Registers and carries out a program; processes already running are left alone. */
  apply: <Result>(program: (target: LocalTarget) => Result) => Promise<Result>;
  /** Runs one task of the last program again. Rejects with what it wrote to stderr. */
  runTask: (name: string) => Promise<void>;
  /** Starts a task without waiting for it. */
  startTask: (name: string) => ChildProcess;
  /** kill -9, and gone when this resolves. */
  kill: (name: string) => Promise<void>;
  start: (name: string) => Promise<void>;
  pid: (name: string) => number | undefined;
  output: (name: string) => string;
  /** Ends everything that was started and removes every file. */
  stop: () => Promise<void>;
}

export async function running(components: Partial<Specs>, tools: ToolName[]): Promise<Running> {
  const dir = await mkdtemp(path.join(tmpdir(), "purlin-component-"));
  await chmod(dir, 0o755);
  const target = await realTarget(dir, components, tools);
  const { uid, gid } = lookUpUser(target.user);
  const asUser = process.getuid?.() === 0 ? { uid, gid } : {};
  await mkdir(target.runDir, { recursive: true, mode: 0o755 });
  if (process.getuid?.() === 0) await chown(target.runDir, uid, gid);
  const children = new Map<string, ChildProcess>();
  const outputs = new Map<string, string>();
  const known = new Map<string, Registered>();

  const inputsOf = (name: string): unknown => known.get(name)?.inputs ?? {};
  const launch = (
    name: string,
    { command: [program, ...args], env }: z.infer<typeof task>,
    cwd = dir,
  ): ChildProcess => {
    const bare = { PATH: process.env["PATH"], HOME: dir, LANG: "C.UTF-8", ...env };
    const child = spawn(program, args, { cwd, env: bare, detached: true, ...asUser });
    outputs.set(name, "");
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => outputs.set(name, `${outputs.get(name) ?? ""}${String(text)}`));
    }
    children.set(name, child);
    return child;
  };
  const startTask = (name: string): ChildProcess => {
    const spec = task.parse(inputsOf(name));
    const child = launch(name, spec);
    child.stdin?.on("error", () => undefined).end(JSON.stringify(spec.input ?? null));
    return child;
  };
  const runTask = async (name: string): Promise<void> => {
    const child = startTask(name);
    await once(child, "close");
    if (child.exitCode !== 0) throw new Error(outputs.get(name)?.trimEnd() ?? "");
  };
  const start = async (name: string): Promise<void> => {
    const spec = daemon.parse(inputsOf(name));
    let launches = 0;
    for (let attempt = 0; attempt < 150; attempt++) {
      if (isGone(children.get(name))) {
        // Like the supervisor: a few times, since what a killed daemon leaves behind may need a moment to go.
        if (launches++ === 4) throw new Error(`${name} ended:\n${outputs.get(name)}`);
        launch(name, spec, spec.cwd);
      }
      if ((await probe(spec.ready, { timeoutMs: 5000 })).ok) return;
      await setTimeout(200);
    }
    throw new Error(`${name} is not ready:\n${outputs.get(name)}`);
  };
  const kill = async (name: string, signal: NodeJS.Signals = "SIGKILL"): Promise<void> => {
    const child = children.get(name);
    if (!child || isGone(child)) return;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  };

  const carryOut = async ({ type, name, inputs }: Registered): Promise<void> => {
    switch (type) {
      case "purlin:local:Directory": {
        const wanted = directory.parse(inputs);
        await mkdir(wanted.path, { recursive: true, mode: wanted.mode });
        if (process.getuid?.() === 0) await chown(wanted.path, uid, gid);
        return;
      }
      case "purlin:local:File": {
        const wanted = file.parse(inputs);
        await mkdir(path.dirname(wanted.path), { recursive: true, mode: 0o755 });
        await writeFile(wanted.path, wanted.content, { mode: wanted.mode });
        if (process.getuid?.() === 0) await chown(wanted.path, uid, gid);
        return;
      }
      case "purlin:local:Task":
        return runTask(name);
      case "purlin:local:Process":
        return isGone(children.get(name)) ? start(name) : undefined;
      default:
        throw new Error(`${name} is of the unknown type ${type}`);
    }
  };

  return {
    target,
    apply: async (program) => {
      const { result, resources } = await register(() => program(target));
      for (const resource of resources) known.set(resource.name, resource);
      for (const resource of resources) await carryOut(resource);
      return result;
    },
    runTask,
    startTask,
    start,
    kill: (name) => kill(name),
    pid: (name) => children.get(name)?.pid,
    output: (name) => outputs.get(name) ?? "",
    stop: async () => {
      for (const name of [...children.keys()].reverse())
        await kill(name, name.startsWith("postgres") ? "SIGQUIT" : "SIGKILL");
      await rm(dir, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

function isGone(child: ChildProcess | undefined): boolean {
  return child === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function realTarget(dir: string, components: Partial<Specs>, tools: ToolName[]): Promise<LocalTarget> {
  const home = stackHome(dir);
  await writeFile(home.masterKeyFile, "ab".repeat(32), { mode: 0o600 });
  const blueprint = {
    name: "shop",
    stack: "test",
    target: "local",
    file: path.join(dir, "purlin.yaml"),
    components,
  } as const;
  const target = await prepareLocal(blueprint, home, await machineTools(...tools));
  return { ...target, script: (name) => path.join(target.packageRoot, "stacks", `${name}.ts`) };
}
