import { Redis } from "ioredis";
import { z } from "zod";
import type { Logger } from "./logger.ts";

export const redisCacheEnv = { REDIS_CACHE_URL: z.url(), REDIS_KEY_PREFIX: z.string() };

/**
 * A client that fails fast: while Redis is away a command is refused at once instead of queued, and it reconnects on
 * its own. Callers decide what that means; for a cache, a miss.
 */
export function createRedis(url: string, keyPrefix: string, logger: Logger): Redis {
  const redis = new Redis(url, {
    keyPrefix,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 500,
    connectTimeout: 2_000,
    retryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
  });
  let away = false;
  redis.on("error", (error: Error) => {
    if (!away) logger.warn({ err: error }, "redis is away");
    away = true;
  });
  redis.on("ready", () => {
    if (away) logger.info("redis is back");
    away = false;
  });
  return redis;
}
