import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readIfPresent } from "../../stacks/home/files.ts";

/*
 * Files of Pulumi's DIY backend in a folder, as 3.246 lays them out. `STACK.json.bak` is one save older than
 * `STACK.json`; the history keeps the state after every run.
 */

/** Runs whose history is kept. Each has a full copy of the state. */
const keptRuns = 20;

const stateSchema = z.object({ checkpoint: z.object({ stack: z.string() }).or(z.object({ Stack: z.string() })) });
const lockSchema = z.object({ pid: z.number(), username: z.string(), hostname: z.string(), timestamp: z.string() });

export interface BackendLock {
  file: string;
  /** undefined when the file cannot be read: its writer died writing it. */
  owner: z.infer<typeof lockSchema> | undefined;
}

export class StateFiles {
  readonly file: string;
  readonly #backup: string;
  readonly #historyDir: string;
  readonly #locksDir: string;

  constructor(stateDir: string, project: string, stack: string) {
    const root = join(stateDir, ".pulumi");
    this.file = join(root, "stacks", project, `${stack}.json`);
    this.#backup = `${this.file}.bak`;
    this.#historyDir = join(root, "history", project, stack);
    this.#locksDir = join(root, "locks/organization", project, stack);
  }

  /** What the state file is worth. */
  condition(): "sound" | "missing" | "damaged" {
    if (!existsSync(this.file)) return "missing";
    return isState(this.file) ? "sound" : "damaged";
  }

  /** Copies of the state, newest first. */
  copies(): string[] {
    const history = filesIn(this.#historyDir).filter((file) => file.endsWith(".checkpoint.json"));
    const backups = [this.#backup].filter((file) => existsSync(file));
    return [...backups, ...history.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)];
  }

  /** Puts the newest copy that can be read in place, keeping the damaged file aside. Returns which; undefined when none is sound. */
  restore(): string | undefined {
    const copy = this.copies().find(isState);
    if (copy === undefined) return undefined;
    if (existsSync(this.file)) renameSync(this.file, `${this.file}.damaged`);
    copyFileSync(copy, this.file);
    return copy;
  }

  locks(): BackendLock[] {
    return filesIn(this.#locksDir)
      .filter((file) => file.endsWith(".json"))
      .map((file) => ({ file, owner: parse(lockSchema, file) }));
  }

  /** Removes history beyond the runs kept. File names carry the time, so that the order of names is the order of runs. */
  prune(): void {
    const histories = filesIn(this.#historyDir).filter((file) => file.endsWith(".history.json"));
    for (const old of histories.sort().slice(0, -keptRuns)) {
      rmSync(old, { force: true });
      rmSync(old.replace(/\.history\.json$/, ".checkpoint.json"), { force: true });
    }
  }
}

function isState(file: string): boolean {
  return parse(stateSchema, file) !== undefined;
}

function parse<T>(schema: z.ZodType<T>, file: string): T | undefined {
  try {
    return schema.parse(JSON.parse(readIfPresent(file) ?? ""));
  } catch {
    return undefined;
  }
}

function filesIn(dir: string): string[] {
  return existsSync(dir) ? readdirSync(dir).map((entry) => join(dir, entry)) : [];
}
