import { performance } from "node:perf_hooks";
import pg from "pg";

/** The server has stopped without ending its connections: they say nothing any more. */
export class Stalled extends Error {}

export interface Stalls {
  /** What `work` gives, as long as the server lives. @throws Stalled, and what `work` throws */
  unlessStalled: <T>(work: () => Promise<T>) => Promise<T>;
  /** Whether a new connection can be made. */
  letsIn: () => Promise<boolean>;
}

/** Milliseconds after which one who waits wants to know why, and in which a living server greets a newcomer. */
const doubt = 500;
const greeting = 1000;

interface Waiting {
  since: number;
  abandon: (error: unknown) => void;
}

/**
 * A statement may take its time, a server that has stopped may not. They are told apart by another connection, one beside
 * the pool, whose own may all be waiting: a server that is alive lets it in or refuses it, and only one that is not keeps quiet.
 */
export function watchStalls(name: string, pool: pg.Pool): Stalls {
  const waiting = new Set<Waiting>();
  let asking = false;

  const letsIn = () => greet(pool, () => false);
  const look = async (): Promise<void> => {
    const [longest] = waiting;
    if (asking || !longest || performance.now() - longest.since < doubt) return;
    asking = true;
    const alive = await greet(pool, (error) => error instanceof pg.DatabaseError);
    asking = false;
    if (alive) return;
    for (const one of waiting) one.abandon(new Stalled(`${name} gives no sign of life`));
  };
  const watch = setInterval(() => {
    if (pool.ending) clearInterval(watch);
    else void look();
  }, doubt).unref();

  return {
    letsIn,
    unlessStalled: (work) =>
      new Promise((resolve, reject) => {
        const one = { since: performance.now(), abandon: reject };
        waiting.add(one);
        work()
          .then(resolve, reject)
          .finally(() => waiting.delete(one));
      }),
  };
}

async function greet(pool: pg.Pool, isAlive: (error: unknown) => boolean): Promise<boolean> {
  const client = new pg.Client({ ...pool.options, connectionTimeoutMillis: greeting });
  client.on("error", () => undefined); // what matters is whether it connects
  try {
    await client.connect();
    await client.end();
    return true;
  } catch (error) {
    return isAlive(error);
  }
}
