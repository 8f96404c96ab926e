import type { Engine, Plan, ResourceCounts, Row, RunSummary } from "../../cli/engine/engine.ts";
import type { Platform, ProcessRow } from "../../cli/platform.ts";
import type { Blueprint } from "../../stacks/blueprint/blueprint.ts";
import { stackHome, type StackHome } from "../../stacks/home/home.ts";
import type { KnownProcess } from "../../stacks/targets/local/supervisor/process-spec.ts";
import { fakeTarget } from "./fake-target.ts";

/* Small, plain values of what handlers meet, each with its own fields overridden. */

export function blueprint(overrides: Partial<Blueprint> = {}): Blueprint {
  return { name: "shop", stack: "dev", target: "local", file: "/project/purlin.yaml", components: {}, ...overrides };
}

export function home(dir = "/home/shop-dev"): StackHome {
  return stackHome(dir);
}

export function processRow(overrides: Partial<ProcessRow> = {}): ProcessRow {
  const probe = { ok: true, answer: "PONG", ms: 2 };
  const since = "2026-05-01T11:58:00.000Z";
  return { component: "redis", name: "redis-cache", state: "running", pid: 7, since, restarts: 0, probe, ...overrides };
}

export function knownProcess(name: string, component: string, env: Record<string, string> = {}): KnownProcess {
  return {
    name,
    spec: {
      component,
      command: ["true"],
      cwd: `/project/${component}`,
      env,
      stop: { signal: "TERM", timeoutSeconds: 5 },
      ready: { kind: "tcp", host: "127.0.0.1", port: 1 },
      startTimeoutSeconds: 5,
      restartOn: {},
      leaves: [],
      level: 0,
    },
  };
}

export function counts(overrides: Partial<ResourceCounts> = {}): ResourceCounts {
  return { create: 0, update: 0, replace: 0, delete: 0, read: 0, same: 0, ...overrides };
}

export function row(overrides: Partial<Row> = {}): Row {
  const named = { component: "redis", name: "redis-cache", urn: "urn:redis-cache" };
  return { ...named, operation: "create", phase: "done", reasons: [], seconds: 1.25, ...overrides };
}

export function runSummary(overrides: Partial<RunSummary> = {}): RunSummary {
  return {
    id: "r1",
    command: "up",
    result: "succeeded",
    failures: [],
    resources: counts({ create: 3 }),
    startedAt: "2026-05-01T12:00:00.000Z",
    finishedAt: "2026-05-01T12:00:04.000Z",
    durationSeconds: 4,
    logFile: "/home/shop-dev/logs/runs/r1.ndjson",
    ...overrides,
  };
}

function fakeEngine(overrides: Partial<Engine> = {}): Engine {
  const plan: Plan = { rows: [], resources: counts({ same: 3 }), durationSeconds: 0.5 };
  return {
    plan: () => Promise.resolve(plan),
    up: () => Promise.resolve(runSummary()),
    destroyResources: () => Promise.resolve(runSummary({ command: "destroy", resources: counts({ delete: 3 }) })),
    outputs: () => Promise.resolve(undefined),
    exportState: () => Promise.resolve({}),
    interrupt: () => "idle",
    ...overrides,
  };
}

/** The ports that lead to an engine. */
export function withEngine(engine: Partial<Engine>): Partial<Platform> {
  return { prepareTarget: () => Promise.resolve(fakeTarget()), openEngine: () => Promise.resolve(fakeEngine(engine)) };
}
