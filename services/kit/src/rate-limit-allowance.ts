import { performance } from "node:perf_hooks";
import type { Redis } from "ioredis";
import { LRUCache } from "lru-cache";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { Logger } from "./logger.ts";

/** How many requests in how many seconds. */
export interface Quota {
  limit: number;
  window: number;
}

/** What became of one request. */
export interface Taken {
  allowed: boolean;
  /** Requests left in this window, as far as is known here. */
  remaining: number;
  /** Seconds until the window ends. */
  reset: number;
}

/** What this instance may still let through of one key. */
interface Bucket {
  left: number;
  /** Left for all instances after the last reservation. */
  remaining: number;
  /** The window is used up. */
  spent: boolean;
  endsAt: number;
  reserving: Promise<void> | undefined;
}

/** Keys that are remembered; a forgotten one only costs a question. */
const capacity = 50_000;

/** Milliseconds that Redis is left alone after an error. */
const pause = 1000;

/**
 * Counts requests by key over all instances. Each reserves a small share of the quota in Redis at a time and spends it
 * in memory, so that most requests ask nobody; the next share is fetched while the present one lasts. What is
 * reserved and not used is lost to the others: N instances together let through at most the quota, and at least
 * (N - 1) shares less. While Redis is away each instance counts alone.
 */
export function createAllowance(name: string, quota: Quota, redis: Redis, logger: Logger) {
  const share = Math.max(1, Math.floor(quota.limit / 40));
  const options = { keyPrefix: `rate:${name}`, points: quota.limit, duration: quota.window };
  const shared = new RateLimiterRedis({ ...options, storeClient: redis, rejectIfRedisNotReady: true });
  const alone = new RateLimiterMemory(options);
  const buckets = new LRUCache<string, Bucket>({ max: capacity });
  let backAt = 0;

  const consume = async (key: string): Promise<RateLimiterRes> => {
    if (performance.now() < backAt) return alone.consume(key, share);
    try {
      return await shared.consume(key, share);
    } catch (error) {
      if (error instanceof RateLimiterRes) throw error;
      backAt = performance.now() + pause;
      logger.warn({ err: error, limit: name }, "requests are only counted within this instance");
      return alone.consume(key, share);
    }
  };
  const reserve = async (key: string, bucket: Bucket): Promise<void> => {
    try {
      const result = await consume(key);
      // the first share of a window does not add to what an earlier window left
      bucket.left = result.consumedPoints <= share ? share : bucket.left + share;
      Object.assign(bucket, { remaining: result.remainingPoints, spent: false, endsAt: end(result) });
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      Object.assign(bucket, { remaining: 0, spent: true, endsAt: end(error) });
    } finally {
      bucket.reserving = undefined;
    }
  };

  const newBucket = (key: string): Bucket => {
    const bucket = { left: 0, remaining: 0, spent: false, endsAt: Infinity, reserving: undefined };
    buckets.set(key, bucket);
    return bucket;
  };

  return {
    take: async (key: string): Promise<Taken> => {
      for (;;) {
        const now = performance.now();
        const bucket = buckets.get(key) ?? newBucket(key);
        if (bucket.endsAt <= now) Object.assign(bucket, { left: 0, spent: false, endsAt: Infinity });
        if (bucket.left > 0) {
          bucket.left--;
          if (bucket.left < share / 2 && !bucket.spent) bucket.reserving ??= reserve(key, bucket);
          return { allowed: true, remaining: bucket.left + bucket.remaining, reset: secondsUntil(bucket, now) };
        }
        if (bucket.spent) return { allowed: false, remaining: 0, reset: secondsUntil(bucket, now) };
        await (bucket.reserving ??= reserve(key, bucket));
      }
    },
  };
}

function end({ msBeforeNext }: RateLimiterRes): number {
  return performance.now() + msBeforeNext;
}

function secondsUntil({ endsAt }: Bucket, now: number): number {
  return Math.max(1, Math.ceil((endsAt - now) / 1000));
}
