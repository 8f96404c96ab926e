import type { Blueprint } from "../stacks/blueprint/blueprint.ts";
import type { StackHome } from "../stacks/home/home.ts";
import type { KnownProcess } from "../stacks/targets/local/supervisor/process-spec.ts";
import type { ProcessRow } from "../stacks/targets/local/supervisor/status.ts";
import type { ReadLogOptions } from "../stacks/targets/local/supervisor/logs.ts";
import type { StopAllOptions } from "../stacks/targets/local/supervisor/stop-all.ts";
import type { PrepareOptions } from "../stacks/targets/local/prepare.ts";
import type { LocalTarget } from "../stacks/targets/local/target.ts";
import type { Progress } from "../toolchain/progress.ts";
import type { Tools } from "../toolchain/tool.ts";
import type { Engine, EngineOptions } from "./engine/engine.ts";
import type { Check } from "./preflight/check.ts";

export type { KnownProcess, ProcessRow, Progress };

interface FetchOptions {
  onProgress: (progress: Progress) => void;
  signal: AbortSignal;
}

interface LockOptions {
  stack: string;
  /** The command, for those who wait. */
  reason: string;
  waitSeconds: number;
}

export interface Spawned {
  command: [string, ...string[]];
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
}

/**
 * The rest of purlin as handlers use it: real in real-platform.ts, faked in tests. Every member loads what it needs
 * when it is called, so that a command pays only for what it does.
 */
export interface Platform {
  resolveBlueprint: (where: { file: string; stack: string | undefined; shown?: string }) => Promise<Blueprint>;
  /** Text of a new purlin.yaml in this folder. */
  starter: (project: { name: string; folder: string }) => Promise<string>;
  /** Kinds of the blueprint's components, in the order they start. */
  startOrder: (blueprint: Blueprint) => Promise<readonly string[]>;
  openHome: (blueprint: Blueprint, options: { create: boolean }) => Promise<StackHome>;
  /** Whether the stack of a home was ever brought up. */
  wasUp: (home: StackHome, blueprint: Blueprint) => Promise<boolean>;
  /** A home for a look at a stack that was never up, in the temporary folder. */
  scratchHome: (blueprint: Blueprint) => Promise<{ home: StackHome; remove: () => Promise<void> }>;
  /** The checks of `doctor`; `up` runs those marked fast. */
  checks: () => Promise<readonly Check[]>;
  /** Makes every tool of the blueprint available, fetching what is missing. */
  ensureTools: (blueprint: Blueprint, options: FetchOptions) => Promise<Tools>;
  prepareTarget: (blueprint: Blueprint, home: StackHome, tools: Tools, options: PrepareOptions) => Promise<LocalTarget>;
  openEngine: (options: EngineOptions) => Promise<Engine>;
  /** How every process is, asked now. */
  processStatus: (home: StackHome) => Promise<ProcessRow[]>;
  /** Every process the stack declares, whether or not it runs. */
  listProcesses: (home: StackHome) => Promise<KnownProcess[]>;
  /** Stops every process and the supervisor, gracefully; data stays. */
  stopAll: (home: StackHome, options: StopAllOptions) => Promise<void>;
  /** Last lines of one process's log, and with `follow` those to come. */
  readLog: (home: StackHome, name: string, options: ReadLogOptions) => AsyncIterable<string>;
  /** Takes the stack's lock and returns what releases it. */
  lock: (home: StackHome, options: LockOptions) => Promise<() => void>;
  /** Removes the folder of a stack and everything in it, the caller's lock last. */
  removeHome: (home: StackHome) => Promise<void>;
  /** What of the stack is still on this machine: processes, sockets, ports, each in words. */
  leftovers: (home: StackHome) => Promise<string[]>;
  /** Runs a program on this terminal and returns its exit code; undefined when there is no such program. */
  spawn: (program: Spawned) => Promise<number | undefined>;
}
