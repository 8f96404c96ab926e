import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import type { Logger } from "./logger.ts";
import { reached, toLsn, type Lsn } from "./lsn.ts";
import { queryOn, read, type Query } from "./pool.ts";
import type { ReadOptions } from "./postgres.ts";
import { isOutage } from "./problems.ts";
import { Stalled, watchStalls } from "./replica-stall.ts";

/** A streaming replica as a place to read from. */
export interface Replica {
  name: string;
  pool: pg.Pool;
  /** Undefined when this replica cannot serve the read now: away, or not at `after` in time. Other errors of `work` are thrown. */
  tryRead: <T>(work: (query: Query) => Promise<T>, scope: ReadOptions) => Promise<{ value: T } | undefined>;
  /** Resolves when it answers and is in recovery, as a replica must be. */
  check: () => Promise<void>;
}

/** Milliseconds a read waits for a replica that is behind, and after which one that is away is asked again. */
const patience = 60;
const pause = 500;

/** Serialization conflict with replay: the primary can answer what the replica had to cancel. */
const recoveryConflict = "40001";

export function createReplica(name: string, pool: pg.Pool, logger: Logger): Replica {
  const query = queryOn(pool);
  const stalls = watchStalls(name, pool);
  let away = false;
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

  /** Leaves it alone until it lets somebody in again. */
  const leave = async (error: unknown): Promise<void> => {
    replayed = undefined; // it may come back rebuilt, further behind
    if (away) return;
    away = true;
    logger.warn({ node: name, err: error }, "replica left alone until it answers");
    while (!pool.ending) {
      await sleep(pause, undefined, { ref: false });
      away = !(await stalls.letsIn());
      if (!away) break;
    }
    logger.info({ node: name }, "replica answers again");
  };

  return {
    name,
    pool,
    tryRead: async (work, { after, ...scope }) => {
      if (away) return undefined;
      try {
        return await stalls.unlessStalled(async () => {
          if (after && !(await hasReached(after))) return undefined;
          return { value: await read(pool, scope, work) };
        });
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === recoveryConflict) return undefined;
        if (!(error instanceof Stalled) && !isOutage(error)) throw error;
        void leave(error);
        return undefined;
      }
    },
    check: async () => {
      const [row] = await query<{ replica: boolean }>("SELECT pg_is_in_recovery() AS replica");
      if (!row?.replica) throw new Error(`${name} is not a replica`);
    },
  };
}
