import type { Identity } from "@purlin/kit/identity";
import type { Redis } from "ioredis";

/** Points, as cost.ts counts them, that one caller may spend in a minute. */
const pointsPerMinute = 200_000;

/** The sum so far of this minute; the first to add to it says when it ends. */
const add = `
local sum = redis.call('INCRBY', KEYS[1], ARGV[1])
if sum == tonumber(ARGV[1]) then redis.call('EXPIRE', KEYS[1], 60) end
return { sum, redis.call('TTL', KEYS[1]) }`;

/**
 * Counts what an operation costs against its caller's minute. Gives the seconds until the next when there is nothing left,
 * else undefined. While Redis is away only requests are counted, by the rate limit all routes have.
 */
export async function spendPoints(redis: Redis, { subjectId }: Identity, cost: number): Promise<number | undefined> {
  const result: unknown = await redis.eval(add, 1, `graphql:points:${subjectId}`, cost).catch(() => undefined);
  if (!Array.isArray(result)) return undefined;
  const [sum, seconds] = result.map(Number);
  return sum !== undefined && sum > pointsPerMinute ? Math.max(1, seconds ?? 1) : undefined;
}
