import { z } from "zod";
import { list } from "./config.ts";
import type { Logger } from "./logger.ts";
import type { Lsn } from "./lsn.ts";
import type { Metrics } from "./metrics.ts";
import { connectionSettings, createPool, queryOn, read, transaction, type Query, type Scope } from "./pool.ts";
import { createReplica } from "./replica.ts";

export const postgresEnv = {
  POSTGRES_PRIMARY_URL: z.url(),
  POSTGRES_REPLICA_URLS: list(z.url()),
  POSTGRES_CA_FILE: z.string().optional(),
  /** Connections to each server; the platform sees to it that all instances together fit. */
  POSTGRES_POOL_MAX: z.coerce.number().int().min(1).default(10),
};

export interface PostgresSettings {
  POSTGRES_PRIMARY_URL: string;
  POSTGRES_REPLICA_URLS: string[];
  POSTGRES_CA_FILE?: string | undefined;
  POSTGRES_POOL_MAX?: number | undefined;
}

export interface ReadOptions extends Scope {
  /** The position the answer must not be older than. */
  after?: Lsn | undefined;
  /** It only finds rows by their key, in no time: see read-pool.ts. */
  quick?: boolean | undefined;
}

export interface Database {
  /**
   * Runs `work` in one transaction on the primary. Once this resolves the write is on disk (synchronous_commit is
   * never turned off), and a read `after` the returned position sees it, on any node.
   */
  write: <T>(work: (query: Query) => Promise<T>, scope?: Scope) => Promise<{ value: T; lsn: Lsn }>;
  /**
   * Runs `work`, which must only read, on a replica that has replayed `after`, else on the primary. It may run
   * again elsewhere when a replica fails underneath it. `servedBy` is `replica-<n>` or `primary`.
   */
  read: <T>(work: (query: Query) => Promise<T>, options?: ReadOptions) => Promise<{ value: T; servedBy: string }>;
  /** One read on the primary, for what decides a write. */
  readPrimary: Query;
  /** Resolves when the primary answers and accepts writes. */
  checkPrimary: () => Promise<void>;
  /** Resolves when every replica answers; at once when there is none. */
  checkReplicas: () => Promise<void>;
  close: () => Promise<void>;
}

/** Pools for the primary and every replica of one database. Nothing connects until the first query. */
export function createDatabase(settings: PostgresSettings, logger: Logger, metrics: Metrics, name: string): Database {
  const open = (node: string, url: string) => {
    const { POSTGRES_CA_FILE: caFile, POSTGRES_POOL_MAX: max = 10 } = settings;
    const pool = createPool(name, node, { ...connectionSettings(url, caFile), max }, logger);
    metrics.pool(node, pool);
    return pool;
  };
  const primary = open("primary", settings.POSTGRES_PRIMARY_URL);
  const replicas = settings.POSTGRES_REPLICA_URLS.map((url, index) => {
    const node = `replica-${index + 1}`;
    return createReplica(node, open(node, url), logger);
  });
  const onPrimary = queryOn(primary);
  let turn = 0;

  return {
    write: (work, scope = {}) => metrics.dependency("postgres", () => transaction(primary, scope, work)),
    read: (work, options = {}) =>
      metrics.dependency("postgres", async () => {
        const first = turn++ % Math.max(1, replicas.length);
        for (const replica of [...replicas.slice(first), ...replicas.slice(0, first)]) {
          const answer = await replica.tryRead(work, options);
          if (answer) return { value: answer.value, servedBy: replica.name };
        }
        return { value: await read(primary, options, work), servedBy: "primary" };
      }),
    readPrimary: (text, values) => metrics.dependency("postgres", () => onPrimary(text, values)),
    checkPrimary: async () => {
      const [row] = await onPrimary<{ writable: boolean }>(
        "SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off' AS writable",
      );
      if (!row?.writable) throw new Error("the primary accepts no writes");
    },
    checkReplicas: async () => {
      await Promise.all(replicas.map((replica) => replica.check()));
    },
    close: async () => {
      await Promise.all([primary, ...replicas.map((replica) => replica.pool)].map((pool) => pool.end()));
    },
  };
}
