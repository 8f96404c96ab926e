import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { QueryResultRow } from "pg";
import type { Database } from "./postgres.ts";
import { isOutage, Problem } from "./problems.ts";

/** First row of a question about rights. @throws Problem unavailable */
export type AccessQuery = <R extends QueryResultRow>(text: string, values: unknown[]) => Promise<R | undefined>;

/** Milliseconds: how long a node may take, and how long a primary that did not answer is left alone. */
const patience = { primary: 1000, replica: 2000 };
const pause = 1000;

/**
 * Asks the primary, whose answer is never behind. A replica answers while the primary is away: rights that were true
 * a moment ago are better than a platform nobody can use.
 */
export function createAccessQuery(db: Pick<Database, "read" | "readPrimary">): AccessQuery {
  let backAt = 0;
  return async <R extends QueryResultRow>(text: string, values: unknown[]) => {
    if (performance.now() >= backAt) {
      try {
        return (await within(patience.primary, db.readPrimary<R>(text, values)))[0];
      } catch (error) {
        if (!isOutage(error) && !(error instanceof Late)) throw error;
        backAt = performance.now() + pause;
      }
    }
    try {
      return (
        await within(
          patience.replica,
          db.read((query) => query<R>(text, values)),
        )
      ).value[0];
    } catch (error) {
      if (!isOutage(error) && !(error instanceof Late)) throw error;
      throw new Problem("unavailable", { headers: { "retry-after": "1" }, cause: error });
    }
  };
}

class Late extends Error {}

async function within<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  const deadline = new AbortController();
  const late = sleep(milliseconds, undefined, { signal: deadline.signal }).then(
    () => Promise.reject(new Late(`no answer within ${milliseconds} ms`)),
    () => answer,
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    deadline.abort();
  }
}
