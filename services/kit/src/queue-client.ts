import type { RedisOptions } from "ioredis";

/** Waits for Redis for ever, as bull asks of connections it blocks on or subscribes with. */
const patient = { maxRetriesPerRequest: null, enableReadyCheck: false } satisfies RedisOptions;

const common = {
  connectTimeout: 2_000,
  /** A Redis that is frozen, or behind a connection that is dead without anybody having said so. */
  socketTimeout: 8_000,
  keepAlive: 10_000,
  retryStrategy: (attempt: number) => Math.min(50 * attempt, 1_000),
  disableClientInfo: true, // a service's Redis user may not
} satisfies RedisOptions;

/**
 * The three kinds of connections bull opens. A command gives up after five seconds; not so the connection that waits for
 * jobs, where the waits of all places of a worker stand in one line.
 */
export const queueClientOptions = {
  client: { ...common, maxRetriesPerRequest: 3, commandTimeout: 5_000 },
  subscriber: { ...common, ...patient },
  bclient: { ...common, ...patient },
} satisfies Record<string, RedisOptions>;
