import type { Redis } from "ioredis";
import type { Logger } from "./logger.ts";
import { fromSortable, latest, sortable, type Lsn } from "./lsn.ts";
import type { Metrics } from "./metrics.ts";

/*
 * Lists read from Postgres, kept in Redis and right across instances. Each topic has a version: the log position of
 * its latest write. An entry carries the position it was read at, and one from before the version is not used: a
 * write outdates all older entries at once, and a reader that was slow, or read a replica that was behind, cannot
 * bring an old answer back. One round trip, hit or miss.
 */
export interface Cache {
  /**
   * The cached text for `key`, else what `load` gives. `load` must read at `after` or later. `seen` is a position
   * the caller's client must not fall behind.
   */
  get: (topic: string, key: string, seen: Lsn | undefined, load: Load) => Promise<{ text: string; servedBy: string }>;
  /** Outdates every entry of `topic` read before `lsn`. Call it after the commit, before the answer. Never throws. */
  invalidate: (topic: string, lsn: Lsn) => Promise<void>;
}

export type Load = (after: Lsn | undefined) => Promise<{ text: string; servedBy: string }>;

/** Bounds how long an answer can be stale when the invalidation itself was lost with Redis. Seconds. */
const lifetime = 15;

/** Position of an entry read when no write was known. */
const beginning = "0".repeat(16);

/** Versions only move forward, whichever instance is late. */
const raise = `
local old = redis.call('GET', KEYS[1])
if not old or old < ARGV[1] then redis.call('SET', KEYS[1], ARGV[1], 'EX', 86400) end`;

export function createCache(redis: Redis, logger: Logger, metrics: Metrics): Cache {
  const loading = new Map<string, ReturnType<Load>>();
  /** Invalidations Redis did not hear; told when it is back. */
  const missed = new Map<string, Lsn>();

  const attempt = async <T>(call: () => Promise<T>): Promise<T | undefined> => {
    if (redis.status !== "ready") return undefined;
    try {
      return await metrics.dependency("redis", call);
    } catch (error) {
      logger.debug({ err: error }, "cache command failed");
      return undefined;
    }
  };
  const invalidate = async (topic: string, lsn: Lsn): Promise<void> => {
    const told = await attempt(async () => {
      await redis.eval(raise, 1, `${topic}:version`, sortable(lsn));
      return true;
    });
    const most = latest(missed.get(topic), lsn);
    if (!told && most) missed.set(topic, most);
  };
  redis.on("ready", () => {
    const untold = [...missed];
    missed.clear();
    for (const [topic, lsn] of untold) void invalidate(topic, lsn);
  });
  /** One load at a time for the same answer; the rest wait for it. */
  const loadOnce = (entry: string, load: () => ReturnType<Load>) => {
    const running = loading.get(entry) ?? load().finally(() => loading.delete(entry));
    loading.set(entry, running);
    return running;
  };

  return {
    invalidate,
    get: async (topic, key, seen, load) => {
      const entry = `${topic}:${key}`;
      const found = await attempt(() => redis.mget(`${topic}:version`, entry));
      if (!found) return load(seen); // Redis is away: nothing is cached, nothing is wrong
      const [version, stored] = found;
      const known = latest(fromSortable(version), missed.get(topic));
      const after = latest(known, seen);
      const least = positionOf(after);
      if (stored && stored.slice(0, beginning.length) >= least) {
        return { text: stored.slice(beginning.length), servedBy: "cache" };
      }
      return loadOnce(entry + least, async () => {
        const loaded = await load(after);
        // A replica has replayed what the client says it has seen; the primary was not asked, and the client may lie.
        const position = loaded.servedBy === "primary" ? positionOf(known) : least;
        await attempt(() => redis.set(entry, position + loaded.text, "EX", lifetime));
        return loaded;
      });
    },
  };
}

function positionOf(lsn: Lsn | undefined): string {
  return lsn ? sortable(lsn) : beginning;
}
