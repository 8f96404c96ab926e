import { z } from "zod";
import { PurlinError } from "../../errors/purlin-error.ts";
import type { StackHome } from "../../stacks/home/home.ts";
import type {
  ChangeOptions,
  Engine,
  Json,
  OutputValues,
  Plan,
  PlanRow,
  Risk,
  Row,
  RunOptions,
  RunSummary,
} from "./engine.ts";
import { RunEvents, type Describe } from "./events.ts";
import { recordRun } from "./last-run.ts";
import { acquireLock } from "./lock.ts";
import { outputValues } from "./outputs.ts";
import { openRunLog, type RunLog } from "./run-log.ts";
import type { StackEngine } from "./stack-engine.ts";

export interface SessionOptions {
  home: StackHome;
  stack: string;
  describe: Describe;
  /** Takes secrets out of a text. */
  redact: (text: string) => string;
  /** The CLI's debug log, for those who report a failure. */
  logFile: string;
  /** Takes what is for that log alone: texts with a stack trace. */
  trace: (text: string) => void;
  /** Ends processes of the stack that are not among those named. */
  sweep: (keep: string[]) => Promise<void>;
}

/** The engine as handlers see it: one run at a time, locked, interruptible, recorded. */
export class Session implements Engine {
  readonly #engine: StackEngine;
  readonly #options: SessionOptions;
  #stop: AbortController | undefined;

  constructor(engine: StackEngine, options: SessionOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  plan(options: RunOptions = {}): Promise<Plan> {
    return this.#interruptible(options.signal, async (signal) => {
      const started = performance.now();
      const rows = new Map<string, PlanRow>();
      const events = this.#listen((row) => {
        if (row.operation !== "same") rows.set(row.urn, planRow(row, events.riskOf(row.urn)));
        options.onRow?.(row);
      });
      if (!this.#engine.isReady()) await this.#locked("plan", 0, signal, () => this.#engine.prepare(signal));
      await this.#engine.run("preview", events, signal);
      signal.throwIfAborted();
      const failures = events.failures();
      if (failures.length > 0) {
        const reason = failures.map(({ name, message }) => `${name}: ${message}`).join("\n");
        throw new PurlinError("ENGINE_FAILED", { command: "plan", reason, logFile: this.#options.logFile });
      }
      const durationSeconds = (performance.now() - started) / 1000;
      return { rows: [...rows.values()], resources: events.counts(), durationSeconds };
    });
  }

  up(options: ChangeOptions): Promise<RunSummary> {
    return this.#change(options, async (events, signal) => {
      await this.#engine.run("up", events, signal);
      if (signal.aborted || events.failures().length > 0) return;
      if (events.sawPending) await this.#engine.clearPending(signal);
      await this.#options.sweep(events.processes());
    });
  }

  destroyResources(options: ChangeOptions): Promise<RunSummary> {
    return this.#change(options, (events, signal) => this.#engine.run("destroy", events, signal));
  }

  async outputs({ showSecrets }: { showSecrets: boolean }): Promise<OutputValues | undefined> {
    if (!this.#engine.isReady()) return undefined;
    const values = outputValues(JSON.parse(await this.#engine.outputs(showSecrets)));
    return Object.keys(values).length > 0 ? values : undefined;
  }

  async exportState(): Promise<Json> {
    return z.json().parse(JSON.parse(await this.#engine.exportState()));
  }

  interrupt(): "idle" | "stopping" | "leaving" {
    if (this.#stop === undefined) return "idle";
    if (this.#stop.signal.aborted) {
      this.#engine.leave();
      return "leaving";
    }
    this.#stop.abort();
    return "stopping";
  }

  #change(
    { command, lockWaitSeconds, signal: outer, onRow }: ChangeOptions,
    work: (events: RunEvents, signal: AbortSignal) => Promise<void>,
  ): Promise<RunSummary> {
    return this.#interruptible(outer, (signal) =>
      this.#locked(command, lockWaitSeconds, signal, async () => {
        const log = openRunLog(this.#options.home.logsDir, command);
        const events = this.#listen((row) => {
          log.write(row);
          onRow?.(row);
        });
        const startedAt = new Date();
        const finish = async (threw: boolean) => {
          const summary = summarize(command, log, events, { startedAt, threw, stopped: signal.aborted });
          await recordRun(this.#options.home, summary);
          this.#engine.prune();
          return summary;
        };
        try {
          await this.#engine.prepare(signal);
          await work(events, signal);
        } catch (error) {
          const summary = await finish(true);
          if (signal.aborted) return summary;
          throw error;
        }
        return finish(false);
      }),
    );
  }

  #listen(onRow: (row: Row) => void): RunEvents {
    const { describe, redact, trace } = this.#options;
    return new RunEvents({ describe, redact, trace, onRow });
  }

  async #locked<T>(
    reason: string,
    waitSeconds: number | "held",
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<T> {
    if (waitSeconds === "held") return work();
    const { home, stack } = this.#options;
    const release = await acquireLock(home.lockFile, { stack, reason, waitSeconds, signal });
    try {
      return await work();
    } finally {
      release();
    }
  }

  async #interruptible<T>(outer: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#stop !== undefined) throw new Error("the engine does one thing at a time");
    const stop = new AbortController();
    this.#stop = stop;
    try {
      return await work(outer ? AbortSignal.any([outer, stop.signal]) : stop.signal);
    } finally {
      this.#stop = undefined;
    }
  }
}

function summarize(
  command: string,
  log: RunLog,
  events: RunEvents,
  { startedAt, threw, stopped }: { startedAt: Date; threw: boolean; stopped: boolean },
): RunSummary {
  const failures = events.failures();
  const finishedAt = new Date();
  return {
    id: log.id,
    command,
    result: stopped ? "interrupted" : threw || failures.length > 0 ? "failed" : "succeeded",
    failures,
    resources: events.counts(),
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    durationSeconds: (finishedAt.getTime() - startedAt.getTime()) / 1000,
    ...(events.outputs ? { outputs: events.outputs } : {}),
    logFile: log.file,
  };
}

function planRow({ urn, component, name, operation, reasons }: Row, risk: Risk): PlanRow {
  return { urn, component, name, operation, reasons, risk };
}
