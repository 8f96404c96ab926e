import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import DataLoader from "dataloader";
import type { Database } from "./postgres.ts";
import { isOutage, Problem } from "./problems.ts";

/**
 * A statement about rights whose rows are `key` and `answer`, both text. Gives the answer to a key, undefined where
 * there is none, and where that is not sure, the problem. @throws Problem unavailable
 */
export type AccessQuery = (text: string, values: unknown[]) => Promise<(key: string) => string | undefined | Problem>;

/** The answer to one key; undefined where there is none. @throws Problem unavailable */
export type AccessQuestion = (key: string) => Promise<string | undefined>;

/** Milliseconds: how long a node may take, and how long a primary that did not answer is left alone. */
const patience = { primary: 1000, replica: 2000 };
const pause = 1000;

/** Keys in one statement, so that it is done within the patience there is for it. */
const batchSize = 1000;

interface Row {
  key: string;
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
        const answers = answersIn(await within(patience.primary, db.readPrimary<Row>(text, values)));
        return (key) => answers.get(key);
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
      const answers = answersIn(value);
      const none = servedBy === "primary" ? undefined : unavailable(new Late("no answer that is sure"));
      return (key) => answers.get(key) ?? none;
    } catch (error) {
      if (!isAway(error)) throw error;
      throw unavailable(error);
    }
  };
}

/**
 * One question asked of many keys: what is asked for in one turn of the event loop goes in one statement, `$1` of which is the keys (text[]).
 * Ten thousand connections that look after their rights at once are then ten statements.
 */
export function createAccessQuestion(query: AccessQuery, text: string): AccessQuestion {
  const loader = new DataLoader<string, string | undefined>(
    async (keys) => {
      const answerTo = await query(text, [keys]);
      return keys.map(answerTo);
    },
    { cache: false, maxBatchSize: batchSize },
  );
  return (key) => loader.load(key);
}

function answersIn(rows: Row[]): ReadonlyMap<string, string> {
  return new Map(rows.flatMap(({ key, answer }) => (answer === null ? [] : [[key, answer]])));
}

function unavailable(cause: unknown): Problem {
  return new Problem("unavailable", { headers: { "retry-after": "1" }, cause });
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
