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

/** A reference to work that is kept elsewhere; bull sees its id and never what it is about. */
export interface QueuedJob {
  id: string;
  /** Milliseconds until it should run. */
  delay?: number;
}

export interface JobQueue {
  name: string;
  /** Queues what is not queued yet; an id that is there in any state is left alone. */
  add: (jobs: readonly QueuedJob[]) => Promise<void>;
  /** Those of `ids` that are not in the queue, in whatever state. */
  missing: (ids: readonly string[]) => Promise<string[]>;
  /** Runs `handle` for each job, `concurrency` at a time. Resolved or RunAgain: see there; another error runs it again in a second. */
  process: (concurrency: number, handle: (id: string) => Promise<void>) => void;
  /** Gives the ids of jobs whose workers died under them too often to `bury`, then takes them out of the queue. */
  takeAbandoned: (bury: (ids: string[]) => Promise<void>) => Promise<void>;
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
    add: async (jobs) => {
      if (jobs.length === 0) return;
      const added = await bull.addBulk(
        jobs.map(({ id, delay = 0 }) => ({ name, data: {}, opts: { ...options, jobId: id, delay } })),
      );
      // bull does not look at the answers: a full Redis refuses each command by itself
      if (added.some(({ id }) => typeof id !== "string")) throw new Error("Redis did not take all jobs");
    },
    missing: async (ids) => {
      const found = await Promise.all(ids.map((id) => bull.client.exists(`${bull.toKey("")}${id}`)));
      return ids.filter((_, index) => found[index] === 0);
    },
    process: (concurrency, handle) => {
      // rejects only when it is closed before Redis has ever answered
      const run = async ({ id }: Bull.Job) => {
        // bull takes up to half a second to let go of its connection, and until then is given jobs
        if (state.draining) throw new RunAgain(500);
        await handle(String(id));
      };
      void bull.process(name, concurrency, run).catch(() => undefined);
    },
    takeAbandoned: async (bury) => {
      const failed = await bull.getFailed(0, 99);
      if (failed.length === 0) return;
      await bury(failed.map(({ id }) => String(id)));
      await Promise.all(failed.map((job) => job.remove()));
    },
  };
}
