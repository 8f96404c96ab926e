import { readFileSync } from "node:fs";
import pg from "pg";
import type { Logger } from "./logger.ts";
import { toLsn, type Lsn } from "./lsn.ts";
import { isStale, statementName } from "./prepared.ts";
import { readQueryOn } from "./read-pool.ts";
import { inSpan } from "./telemetry.ts";

/** Runs one statement and gives its rows. */
export type Query = <R extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<R[]>;

/** Connection settings of a URL. TLS is verified against `caFile`; a query string in the URL cannot weaken that. */
export function connectionSettings(url: string, caFile: string | undefined): pg.ClientConfig {
  const bare = new URL(url);
  bare.search = "";
  const connectionString = bare.href;
  return caFile === undefined ? { connectionString } : { connectionString, ssl: { ca: readFileSync(caFile, "utf8") } };
}

/** A pool with a limit on every wait. A connection lost while idle is only worth a line: the next query opens another. */
export function createPool(name: string, node: string, settings: pg.PoolConfig, logger: Logger): pg.Pool {
  const pool = new pg.Pool({
    ...settings,
    application_name: name,
    connectionTimeoutMillis: 2_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 10_000,
    query_timeout: 12_000,
    idle_in_transaction_session_timeout: 15_000,
    keepAlive: true,
  });
  pool.on("error", (error) => logger.warn({ node, err: error }, "lost an idle connection"));
  return pool;
}

/** Runs single statements, each a transaction of its own. pg throws away a connection that one has failed on. */
export function queryOn(pool: pg.Pool): Query {
  return async <R extends pg.QueryResultRow>(text: string, values?: unknown[]) => {
    try {
      return await run<R>(pool, text, values, statementName(text));
    } catch (error) {
      if (!isStale(error)) throw error;
      return run<R>(pool, text, values);
    }
  };
}

async function run<R extends pg.QueryResultRow>(
  runner: pg.ClientBase | pg.Pool,
  text: string,
  values: unknown[] = [],
  name?: string,
): Promise<R[]> {
  const statement = name === undefined ? { text, values } : { name, text, values };
  return (await inSpan("query", { "db.query.text": text }, () => runner.query<R>(statement))).rows;
}

export interface Scope {
  /** The organisation whose rows `work` sees (row-level security); absent: no tenant's rows at all. A uuid. */
  organisation?: string | undefined;
}

/** Runs `work` in a transaction. The position it resolves with is past its commit record. */
export async function transaction<T>(
  pool: pg.Pool,
  scope: Scope,
  work: (query: Query) => Promise<T>,
): Promise<{ value: T; lsn: Lsn }> {
  return onClient(pool, async (client) => {
    await client.query(begin("BEGIN", scope));
    const value = await work((text, values) => run(client, text, values, statementName(text)));
    return { value, lsn: await commit(client) };
  });
}

/**
 * Runs `work`, which only reads, with the rows of `scope` in sight. Each statement is a transaction of its own, as they
 * see what is committed meanwhile in one transaction too.
 */
export function read<T>(
  pool: pg.Pool,
  { organisation, quick }: Scope & { quick?: boolean | undefined },
  work: (query: Query) => Promise<T>,
): Promise<T> {
  return work(organisation === undefined ? queryOn(pool) : readQueryOn(pool, { organisation, quick }));
}

/** One round trip: statements sent as one take no parameters, so what goes in is checked to be a uuid. */
function begin(statement: string, { organisation }: Scope): string {
  if (organisation === undefined) return statement;
  if (!/^[0-9a-f-]{36}$/i.test(organisation)) throw new Error("an organisation's id is a uuid");
  return `${statement}; SET LOCAL purlin.organisation_id = '${organisation}'`;
}

/** A connection for `work`, rolled back and, when broken, thrown away after an error. */
async function onClient<T>(pool: pg.Pool, work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // Between two statements nobody else hears that the connection was lost, and an unheard error ends the process.
  const lost = (error: Error) => (broken = error);
  client.on("error", lost);
  try {
    return await work(client);
  } catch (error) {
    broken = (await rollback(client)) ?? (isStale(error) ? new Error("stale", { cause: error }) : broken);
    throw error;
  } finally {
    client.off("error", lost);
    client.release(broken);
  }
}

/** COMMIT and the position after it in one round trip: two statements sent as one are answered as two results. */
async function commit(client: pg.ClientBase): Promise<Lsn> {
  const results: unknown = await client.query("COMMIT; SELECT pg_current_wal_insert_lsn()::text AS lsn");
  const row: unknown = Array.isArray(results) && results[1] instanceof pg.Result ? results[1].rows[0] : undefined;
  const lsn = typeof row === "object" && row !== null && "lsn" in row ? String(row.lsn) : undefined;
  return toLsn(lsn);
}

/** The error that makes the connection unfit for others, if any. */
async function rollback(client: pg.ClientBase): Promise<Error | undefined> {
  try {
    await client.query("ROLLBACK");
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
