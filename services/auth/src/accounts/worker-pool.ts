import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { Problem } from "@purlin/kit/problems";

/*
 * Threads for work that takes processor time. Node's own thread pool would do, but it also resolves names and reads
 * files; threads of our own leave it free and can have a lower priority (see password-worker.ts).
 */
export interface WorkerPool<W, V> {
  /**
   * Does `work` on the next free thread, in order of arrival.
   * @throws Problem unavailable when it would not begin within `maxWait`: better to say so than to keep everybody waiting.
   */
  run: (work: W) => Promise<V>;
  /** Pieces of work not yet begun. */
  waiting: () => number;
  close: () => Promise<void>;
}

export interface WorkerPoolOptions {
  /** URL of the script without its extension: it has that of the running code. */
  script: URL;
  threads: number;
  /** Milliseconds a piece of work may wait for a thread. */
  maxWait: number;
  /** Pieces of work that may wait. */
  maxWaiting: number;
}

interface Job<W, V> {
  work: W;
  resolve: (value: V) => void;
  reject: (error: Error) => void;
}

/** What a worker posts for each piece of work it was sent. */
export type Outcome<V> = { value: V } | { error: string };

export function createWorkerPool<W, V>({ script, threads, maxWait, maxWaiting }: WorkerPoolOptions): WorkerPool<W, V> {
  const waiting = new Set<Job<W, V>>();
  const idle: Thread<W, V>[] = [];
  const all = new Set<Thread<W, V>>();
  let closed = false;

  const next = (thread: Thread<W, V>) => {
    const [job] = waiting;
    if (!job) {
      idle.push(thread);
      return;
    }
    waiting.delete(job);
    thread.begin(job);
  };
  const open = () => {
    const thread = startThread<W, V>(script, next, () => {
      all.delete(thread);
      const at = idle.indexOf(thread);
      if (at >= 0) idle.splice(at, 1);
      if (!closed) next(open());
    });
    all.add(thread);
    return thread;
  };
  idle.push(...Array.from({ length: threads }, open));

  return {
    run: (work) =>
      new Promise((resolve, reject) => {
        const free = idle.pop();
        if (free) {
          free.begin({ work, resolve, reject });
          return;
        }
        if (closed || waiting.size >= maxWaiting) {
          reject(overloaded());
          return;
        }
        const timer = setTimeout(() => {
          if (waiting.delete(job)) reject(overloaded());
        }, maxWait);
        const settled =
          <T>(settle: (value: T) => void) =>
          (value: T) => {
            clearTimeout(timer);
            settle(value);
          };
        const job = { work, resolve: settled(resolve), reject: settled(reject) };
        waiting.add(job);
      }),
    waiting: () => waiting.size,
    close: async () => {
      closed = true;
      for (const job of waiting) job.reject(overloaded());
      waiting.clear();
      await Promise.all([...all].map((thread) => thread.end()));
    },
  };
}

interface Thread<W, V> {
  begin: (job: Job<W, V>) => void;
  end: () => Promise<unknown>;
}

/** A thread that calls `done` after each piece of work, and `lost` once when it ends, whatever ended it. */
function startThread<W, V>(script: URL, done: (thread: Thread<W, V>) => void, lost: () => void): Thread<W, V> {
  const worker = new Worker(new URL(script.href + extname(import.meta.url)));
  worker.unref();
  let current: Job<W, V> | undefined;
  const thread: Thread<W, V> = {
    begin: (job) => {
      current = job;
      worker.postMessage(job.work);
    },
    end: () => worker.terminate(),
  };
  worker.on("message", (outcome: Outcome<V>) => {
    const job = current;
    current = undefined;
    if ("value" in outcome) job?.resolve(outcome.value);
    else job?.reject(new Error(outcome.error));
    done(thread);
  });
  let reason = new Error("the thread ended");
  worker.on("error", (error: Error) => (reason = error));
  worker.on("exit", () => {
    current?.reject(reason);
    lost();
  });
  return thread;
}

function overloaded(): Problem {
  return new Problem("unavailable", { detail: "too many people sign in right now", headers: { "retry-after": "2" } });
}
