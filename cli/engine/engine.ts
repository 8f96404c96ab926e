import type { Blueprint } from "../../stacks/blueprint/blueprint.ts";
import type { StackHome } from "../../stacks/home/home.ts";
import type { LocalTarget } from "../../stacks/targets/local/target.ts";
import type { Tools } from "../../toolchain/tool.ts";
import type { Operation, ResourceCounts } from "./operations.ts";

/*
 * What the CLI's handlers see of the Pulumi engine. Nothing outside this folder imports the Automation API, and
 * nothing of its types leaks through this file.
 */

export type { Operation, ResourceCounts };

/** One step of a resource in a run, for live views and logs. A resource gives `running`, then `done` or `failed`. */
export interface Row {
  /** Component the resource belongs to: `postgres`, `services`; `purlin` for the stack itself. */
  component: string;
  /** Name of the resource: `postgres-primary`. */
  name: string;
  urn: string;
  operation: Operation;
  phase: "running" | "done" | "failed";
  /** Why, in words, most important first; empty for create, delete and same. */
  reasons: string[];
  /** Time since the row's `running`; 0 while it runs. */
  seconds: number;
  /** Of a failed row: what went wrong, without stack trace or secrets. */
  message?: string;
}

/** `restart`: a process is restarted; `downtime`: gone for longer or deleted; `data-loss`: durable data is removed. */
export type Risk = "none" | "restart" | "downtime" | "data-loss";

export interface PlanRow {
  urn: string;
  component: string;
  name: string;
  operation: Operation;
  reasons: string[];
  risk: Risk;
}

export interface Plan {
  /** Every resource that would change, in the engine's order; unchanged ones are only counted. */
  rows: PlanRow[];
  resources: ResourceCounts;
  durationSeconds: number;
}

/** Values of the outputs contract: plain JSON. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type OutputValues = Record<string, Json>;

/** A failed resource, or a failure of the program itself (no urn). */
export interface Failure {
  urn?: string;
  component: string;
  name: string;
  message: string;
}

/** How a run ended. `interrupted` still left a state that the next run goes on from. */
export interface RunSummary {
  id: string;
  command: string;
  result: "succeeded" | "failed" | "interrupted";
  failures: Failure[];
  resources: ResourceCounts;
  startedAt: string;
  finishedAt: string;
  durationSeconds: number;
  /** Outputs after an `up` that succeeded; secrets read `[secret]`. */
  outputs?: OutputValues;
  /** Rows of this run, NDJSON. */
  logFile: string;
}

export interface RunOptions {
  onRow?: (row: Row) => void;
  /** Abort = stop once, finishing what is in flight. Prefer `Engine.interrupt()` from signal handlers. */
  signal?: AbortSignal;
}

export interface ChangeOptions extends RunOptions {
  /** Name of the command for lock, log and metrics: `up`, `destroy`. */
  command: string;
  /** Seconds to wait for another run's lock; 0 fails at once with LOCKED. `held`: the caller has the lock already. */
  lockWaitSeconds: number | "held";
}

export interface EngineOptions {
  blueprint: Blueprint;
  home: StackHome;
  tools: Tools;
  target: LocalTarget;
  /** Environment of the caller; every PULUMI_* of it is dropped. */
  env: Readonly<Record<string, string | undefined>>;
  /** Overrides the home's own passphrase file (PURLIN_PASSPHRASE_FILE). */
  passphraseFile?: string | undefined;
  /** Messages for the user (recoveries and warnings), and `debug` ones for the log alone. */
  log: (level: "debug" | "info" | "warn", message: string) => void;
}

/** One stack, opened. One operation at a time. */
export interface Engine {
  /** What `up` would do. Changes nothing and takes no lock. */
  plan(options?: RunOptions): Promise<Plan>;
  /** Makes the platform what the blueprint says; recovers from whatever the last run left. A failed resource is reported in the summary, not thrown. */
  up(options: ChangeOptions): Promise<RunSummary>;
  /** Deletes every resource, data included, and empties the state. */
  destroyResources(options: ChangeOptions): Promise<RunSummary>;
  /** The stack's outputs as of the last `up`; undefined when there was none. */
  outputs(options: { showSecrets: boolean }): Promise<OutputValues | undefined>;
  /** The state as `pulumi stack export` gives it; secrets stay encrypted. */
  exportState(): Promise<Json>;
  /**
   * Call from the handlers of SIGINT, SIGTERM and SIGHUP. The first call lets work in flight finish, the second
   * leaves at once. Returns what it did, for the message to the user; `idle` when nothing is running.
   */
  interrupt(): "idle" | "stopping" | "leaving";
}
