import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import type { Logger } from "./logger.ts";
import { reached, toLsn, type Lsn } from "./lsn.ts";
import { queryOn, read, type Query } from "./pool.ts";
import type { ReadOptions } from "./postgres.ts";
import { isOutage } from "./problems.ts";

/** A streaming replica as a place to read from. */
export interface Replica {
  name: string;
  pool: pg.Pool;
  /** Undefined when this replica cannot serve the read now: away, or not at `after` in time. Other errors of `work` are thrown. */
  tryRead: <T>(work: (query: Query) => Promise<T>, scope: ReadOptions) => Promise<{ value: T } | undefined>;
  /** Resolves when it answers and is in recovery, as a replica must be. */
  check: () => Promise<void>;
}

/** Milliseconds a replica that failed is left alone, and a read waits for one that is behind. */
const pause = 1000;
const patience = 60;

/** Serialization conflict with replay: the primary can answer what the replica had to cancel. */
const recoveryConflict = "40001";

export function createReplica(name: string, pool: pg.Pool, logger: Logger): Replica {
  const query = queryOn(pool);
  let backAt = 0;
  /** Replay only moves forward, so a read that asks for less than this needs no question. */
  let replayed: Lsn | undefined;

  const hasReached = async (after: Lsn): Promise<boolean> => {
    const until = performance.now() + patience;
    for (;;) {
      if (replayed && reached(replayed, after)) return true;
      const [row] = await query<{ lsn: string | null }>("SELECT pg_last_wal_replay_lsn()::text AS lsn");
      replayed = toLsn(row?.lsn);
      if (reached(replayed, after)) return true;
      if (performance.now() > until) return false;
      await sleep(5);
    }
  };

  return {
    name,
    pool,
    tryRead: async (work, { after, ...scope }) => {
      if (performance.now() < backAt) return undefined;
      try {
        if (after && !(await hasReached(after))) return undefined;
        return { value: await read(pool, scope, work) };
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === recoveryConflict) return undefined;
        if (!isOutage(error)) throw error;
        backAt = performance.now() + pause;
        replayed = undefined; // it may come back rebuilt, further behind
        logger.warn({ node: name, err: error }, "replica left alone for a while");
        return undefined;
      }
    },
    check: async () => {
      const [row] = await query<{ replica: boolean }>("SELECT pg_is_in_recovery() AS replica");
      if (!row?.replica) throw new Error(`${name} is not a replica`);
    },
  };
}
