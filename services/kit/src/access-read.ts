import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "./postgres.ts";
import { isOutage, Problem } from "./problems.ts";

/** The column `answer` of a question about rights, as text; undefined for null or no row. @throws Problem unavailable */
export type AccessQuery = (text: string, values: unknown[]) => Promise<string | undefined>;

/** Milliseconds: how long a node may take, and how long a primary that did not answer is left alone. */
const patience = { primary: 1000, replica: 2000 };
const pause = 1000;

interface Row {
  answer: string | null;
}

/**
 * Asks the primary, whose answer is never behind. A replica answers while the primary is away: rights that were true
 * a moment ago are better than a platform nobody can use. That a replica knows nothing may only mean that it has not
 * heard yet, and signs nobody out.
 */
export function createAccessQuery(db: Pick<Database, "read" | "readPrimary">): AccessQuery {
  let backAt = 0;
  return async (text, values) => {
    if (performance.now() >= backAt) {
      try {
        const [row] = await within(patience.primary, db.readPrimary<Row>(text, values));
        return row?.answer ?? undefined;
      } catch (error) {
        if (!isAway(error)) throw error;
        backAt = performance.now() + pause;
      }
    }
    try {
      const { value, servedBy } = await within(
        patience.replica,
        db.read((query) => query<Row>(text, values)),
      );
      const answer = value[0]?.answer ?? undefined;
      if (answer === undefined && servedBy !== "primary") throw new Late("no answer that is sure");
      return answer;
    } catch (error) {
      if (!isAway(error)) throw error;
      throw new Problem("unavailable", { headers: { "retry-after": "1" }, cause: error });
    }
  };
}

function isAway(error: unknown): boolean {
  return error instanceof Late || isOutage(error);
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
