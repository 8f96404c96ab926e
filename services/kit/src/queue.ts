import Bull from "bull";
import { Redis } from "ioredis";
import { z } from "zod";
import type { Logger } from "./logger.ts";
import { queueClientOptions } from "./queue-client.ts";

export const redisQueueEnv = { REDIS_QUEUE_URL: z.url(), REDIS_KEY_PREFIX: z.string() };

/** A job's run ended without it being done: run it again after `delay` ms. Its message is seen on the queue board. */
export class RunAgain extends Error {
  override name = "RunAgain";
  readonly delay: number;

  constructor(delay: number) {
    super(`runs again in ${Math.round(delay / 1000)} s`);
    this.delay = delay;
  }
}

/** A reference to work that is kept elsewhere, one job or a bundle that is run as one; bull sees ids and never what they are about. */
export interface QueueEntry {
  id: string;
  jobs: readonly string[];
}

export interface JobQueue {
  name: string;
  /** Queues what is not queued yet; an entry that is there in any state is left alone. */
  add: (entries: readonly QueueEntry[]) => Promise<void>;
  /** Those of the entries that are not in the queue, in whatever state. */
  missing: <E extends { id: string }>(entries: readonly E[]) => Promise<E[]>;
  /** Runs `handle` for the jobs of each entry, `concurrency` at a time. Resolved or RunAgain: see there; another error runs it again in a second. */
  process: (concurrency: number, handle: (jobs: string[]) => Promise<void>) => void;
  /** Gives the jobs of entries under which workers died too often to `bury`, then takes those out of the queue. */
  takeAbandoned: (bury: (jobs: string[]) => Promise<void>) => Promise<void>;
  /** For the queue board. */
  bull: Bull.Queue;
}

export interface JobQueues {
  open: (name: string) => JobQueue;
  ping: () => Promise<unknown>;
  /** Takes no new jobs and waits for those that run. */
  drain: () => Promise<void>;
  close: () => Promise<void>;
}

/** How often a worker may die with a job before that is held against the job. */
const abandonedAfter = 10;

/**
 * Queues of bull, one a name, on two connections they share and one of their own to wait with. Keys and channels begin
 * with `keyPrefix`, as the service's Redis user demands.
 *
 * `lockTime` is how long, in milliseconds, a job stays with a worker that has died; bull's own is half a minute. After a loss
 * of lock a job may run twice at once: handlers must be able to bear that.
 */
export function createJobQueues(url: string, keyPrefix: string, logger: Logger, lockTime: number): JobQueues {
  const connections: Redis[] = [];
  const connect = (type: "client" | "subscriber" | "bclient") => {
    const redis = new Redis(url, queueClientOptions[type]);
    redis.setMaxListeners(0); // each queue adds its own to the shared ones
    connections.push(redis);
    return redis;
  };
  const shared = { client: connect("client"), subscriber: connect("subscriber") };
  const opened: JobQueue[] = [];
  const state = { draining: false };
  let away = false;
  shared.client.on("ready", () => {
    if (away) logger.info("the queue's redis is back");
    away = false;
  });

  const options: Bull.QueueOptions = {
    prefix: `${keyPrefix}jobs`,
    createClient: (type) => (type === "bclient" ? connect(type) : shared[type]),
    settings: {
      lockDuration: lockTime,
      lockRenewTime: lockTime / 3,
      stalledInterval: lockTime / 2,
      maxStalledCount: abandonedAfter,
      retryProcessDelay: 500, // after an error of Redis
      drainDelay: 2, // seconds; each wait ends in an answer, so a connection that gives none is known to be dead
      backoffStrategies: { asSaid: (_, error) => (error instanceof RunAgain ? Math.max(1, error.delay) : 1_000) },
    },
  };
  return {
    open: (name) => {
      const bull = new Bull(name, options);
      bull.on("error", (error) => {
        if (!away) logger.warn({ queue: name, err: error }, "queue error");
        away = shared.client.status !== "ready";
      });
      const queue = jobQueue(name, bull, state);
      opened.push(queue);
      return queue;
    },
    ping: () => shared.client.ping(),
    drain: async () => {
      state.draining = true;
      await Promise.all(opened.map(({ bull }) => bull.pause(true)));
    },
    close: async () => {
      await Promise.all(opened.map(({ bull }) => bull.close(true)));
      for (const redis of connections) redis.disconnect();
    },
  };
}

/**
 * Whether there is an entry. Not one is what bull leaves behind when Redis is emptied between a worker's taking an entry
 * and saying so: a hash without data, in no list, beside which bull would add no other. It is removed.
 */
const hasEntry = `
  if redis.call("HEXISTS", KEYS[1], "data") == 1 then return 1 end
  redis.call("DEL", KEYS[1])
  return 0`;

function jobQueue(name: string, bull: Bull.Queue, state: { draining: boolean }): JobQueue {
  const options = {
    removeOnComplete: true,
    attempts: Number.MAX_SAFE_INTEGER, // the job's own row counts, and says when it is enough
    backoff: { type: "asSaid" },
    stackTraceLimit: 1,
  };
  return {
    name,
    bull,
    add: async (entries) => {
      if (entries.length === 0) return;
      const added = await bull.addBulk(
        entries.map(({ id, jobs }) => ({ name, data: { jobs }, opts: { ...options, jobId: id } })),
      );
      // bull does not look at the answers: a full Redis refuses each command by itself
      if (added.some(({ id }) => typeof id !== "string")) throw new Error("Redis did not take all jobs");
    },
    missing: async (entries) => {
      const key = (id: string) => `${bull.toKey("")}${id}`;
      const found = await Promise.all(entries.map(({ id }) => bull.client.eval(hasEntry, 1, key(id))));
      return entries.filter((_, index) => found[index] === 0);
    },
    process: (concurrency, handle) => {
      // rejects only when it is closed before Redis has ever answered
      const run = async ({ data }: Bull.Job) => {
        // bull takes up to half a second to let go of its connection, and until then is given jobs
        if (state.draining) throw new RunAgain(500);
        await handle(jobsOf(data));
      };
      void bull.process(name, concurrency, run).catch(() => undefined);
    },
    takeAbandoned: async (bury) => {
      const failed = await bull.getFailed(0, 99);
      if (failed.length === 0) return;
      for (const entry of failed) {
        await bury(jobsOf(entry.data));
        await entry.remove();
      }
    },
  };
}

const entryData = z.object({ jobs: z.array(z.string()) });

function jobsOf(data: unknown): string[] {
  return entryData.parse(data).jobs;
}
