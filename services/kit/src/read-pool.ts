import pg from "pg";
import type { Query } from "./pool.ts";
import { isStale } from "./prepared.ts";
import { ReadBatch, written, type Outcome, type Statement } from "./read-batch.ts";
import { inSpan } from "./telemetry.ts";

export interface ReadScope {
  /** The organisation whose rows are seen. */
  organisation: string;
  /**
   * Statements find their rows by a key and so take no time: what is asked in one turn of the event loop, by whomever,
   * shares a round trip. Never for what can be slow: the others would wait for it.
   */
  quick?: boolean | undefined;
}

/** Statements of a batch, at most. */
const most = 8;

/** Statements that wait for the end of this turn of the event loop, by the pool they are for. */
const gathered = new WeakMap<pg.Pool, Statement[]>();

/** Runs single statements that read, each with the rows of `organisation` in sight. */
export function readQueryOn(pool: pg.Pool, { organisation, quick = false }: ReadScope): Query {
  return <R extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) =>
    inSpan("query", { "db.query.text": text }, async () => {
      const parameters = values.map(written);
      const rows = await new Promise<pg.QueryResultRow[]>((resolve, reject) => {
        const statement = { organisation, text, values: parameters, resolve, reject };
        if (quick) gather(pool, statement);
        else void send(pool, [statement]);
      });
      return rows as R[]; // as with pg itself: what a row is, the statement decides
    });
}

function gather(pool: pg.Pool, statement: Statement): void {
  const waiting = gathered.get(pool);
  if (waiting && waiting.length < most) {
    waiting.push(statement);
    return;
  }
  const batch = [statement];
  gathered.set(pool, batch);
  setImmediate(() => {
    if (gathered.get(pool) === batch) gathered.delete(pool);
    void send(pool, batch);
  });
}

/** Runs a batch on a connection of its own. What is left unanswered because another failed runs again, alone. */
async function send(pool: pg.Pool, batch: readonly Statement[]): Promise<void> {
  let client: pg.PoolClient;
  try {
    client = await pool.connect();
  } catch (error) {
    for (const { reject } of batch) reject(error);
    return;
  }
  const lost = () => undefined; // the batch hears of it too; an event that nobody hears ends the process
  client.once("error", lost);
  client.query(
    new ReadBatch(batch, ({ answers, error }: Outcome) => {
      client.off("error", lost);
      client.release(error && !isHarmless(error) ? error : undefined);
      batch.forEach((statement, index) => {
        const rows = answers[index];
        if (rows) statement.resolve(rows);
        else if (mayBeGood(error, index > answers.length, statement)) void send(pool, [{ ...statement, again: true }]);
        else statement.reject(error);
      });
    }),
  );
}

/** Whether the connection is as good as before: Postgres has refused a statement, and that is all. */
function isHarmless(error: Error): boolean {
  return error instanceof pg.DatabaseError && error.severity !== "FATAL" && !isStale(error);
}

/** Whether a statement failed for another's sake, or for how it was prepared, and can be tried on another connection. */
function mayBeGood(error: Error | undefined, behind: boolean, { again = false }: Statement): boolean {
  if (again || !(error instanceof pg.DatabaseError)) return false;
  return behind || isStale(error);
}
