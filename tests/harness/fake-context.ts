import type { Context } from "../../cli/context.ts";
import { createInterruption, type InterruptionSwitch } from "../../cli/interruption.ts";
import type { Platform } from "../../cli/platform.ts";
import type { Settings } from "../../cli/settings.ts";
import { blueprint, home } from "./cli-samples.ts";

export interface FakeContext extends Context {
  /** What was written so far. */
  out: () => string;
  err: () => string;
  interruption: InterruptionSwitch;
  /** How often an unguarded or second signal ended the process. */
  exits: () => number;
}

export interface FakeOptions {
  settings?: Partial<Settings>;
  platform?: Partial<Platform>;
  env?: Record<string, string>;
  /** Lines typed at the terminal; absent means there is none. */
  typed?: string[];
  /** Milliseconds; each call advances by `step`. */
  step?: number;
}

/** A context without a process behind it: streams are strings, the clock is stepped, ports are those given. */
export function fakeContext({ settings, platform, env = {}, typed, step = 0 }: FakeOptions = {}): FakeContext {
  const written = { out: "", err: "" };
  let time = Date.parse("2026-05-01T12:00:00Z");
  let exits = 0;
  const stream = (name: "out" | "err") => ({
    write: (text: string) => void (written[name] += text),
    isTTY: false,
    colour: false,
    screen: undefined,
  });
  return {
    stdout: stream("out"),
    stderr: stream("err"),
    stdin: { isTTY: typed !== undefined, readLine: () => Promise.resolve(typed?.shift()) },
    env,
    cwd: "/project",
    settings: { json: false, stack: undefined, file: undefined, yes: false, input: true, verbose: false, ...settings },
    now: () => (time += step),
    interruption: createInterruption(() => (exits += 1)),
    log: { debug: () => undefined, error: () => undefined, file: undefined },
    platform: { ...unexpected(), ...platform },
    out: () => written.out,
    err: () => written.err,
    exits: () => exits,
  };
}

/** A platform where only the blueprint and the home can be had; anything else a handler asks for fails its test. */
function unexpected(): Platform {
  const refuse = (name: string) => (): never => {
    throw new Error(`the handler asked for ${name}`);
  };
  return {
    resolveBlueprint: () => Promise.resolve(blueprint()),
    openHome: () => Promise.resolve(home()),
    starter: refuse("starter"),
    startOrder: () => Promise.resolve(["postgres", "redis"]),
    wasUp: () => Promise.resolve(true),
    scratchHome: refuse("scratchHome"),
    checks: () => Promise.resolve([]),
    ensureTools: () => Promise.resolve({}),
    prepareTarget: refuse("prepareTarget"),
    openEngine: refuse("openEngine"),
    processStatus: refuse("processStatus"),
    listProcesses: refuse("listProcesses"),
    stopAll: refuse("stopAll"),
    readLog: refuse("readLog"),
    lock: refuse("lock"),
    removeHome: refuse("removeHome"),
    leftovers: () => Promise.resolve([]),
    spawn: refuse("spawn"),
  };
}
