import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { output, type Input } from "@pulumi/pulumi";
import { readConfig } from "@purlin/kit/config";
import { createLogger } from "@purlin/kit/logger";
import { createMetrics, type Metrics } from "@purlin/kit/metrics";
import { createDatabase, postgresEnv, type Database } from "@purlin/kit/postgres";
import pg from "pg";
import { z } from "zod";
import { createCalendar } from "../../services/worker/src/calendar/calendar.ts";
import { mindsdbEnv } from "../../services/worker/src/forecast/config.ts";
import { createMindsdb } from "../../services/worker/src/forecast/mindsdb.ts";
import { Postpone, type Kind } from "../../services/worker/src/jobs/kind.ts";
import { forecastKinds } from "../../services/worker/src/kinds/forecast-refresh.ts";
import type { NeedOf } from "../../stacks/components/component.ts";
import { components } from "../../stacks/components/index.ts";
import { mindsdb } from "../../stacks/components/mindsdb/mindsdb.ts";
import type { LlmSpec } from "../../stacks/components/mindsdb/outputs.ts";
import { mindsdbSpec } from "../../stacks/components/mindsdb/spec.ts";
import { running, type Running } from "../harness/running.ts";
import { eventually } from "./daemons.ts";
import { migrateService } from "./service.ts";

/*
 * Postgres with a replica and MindsDB, as the platform makes them, with the schema of the API and the worker; and the
 * worker's kinds of job for forecasts, run one at a time and without a queue.
 */

export interface World extends AsyncDisposable {
  platform: Running;
  db: Database;
  metrics: Metrics;
  kinds: readonly Kind[];
  /** The environment of a worker: Postgres and MindsDB. */
  env: Env;
  /** A statement of MindsDB's own. */
  ask: (statement: string) => Promise<Record<string, unknown>[]>;
  /** A statement of the schema's owner, who sees every row. */
  sql: Sql;
  /** A statement of the login MindsDB reads with, on the replica. */
  asMindsdb: Sql;
  /** Resolves when the replica has everything written so far. */
  replicated: () => Promise<void>;
  /** Runs one job as the worker does: its work, then its effect in a transaction that sees the organisation. Rejects when it fails. */
  run: (kind: string, organisationId: string | null, payload?: unknown) => Promise<"done" | "postponed">;
}

type Sql = (text: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;

const logger = createLogger({
  service: "test",
  instance: "test-1",
  level: "silent",
});
const spec = mindsdbSpec.parse({ database: "app" });
const postgresSpec = components.postgres.spec.parse({
  databases: { app: { extensions: [] } },
  replicas: 1,
  memory: "256MiB",
});
const reader = mindsdb.needs(spec).filter((need) => need.on === "postgres");
const worker: NeedOf<"postgres"> = {
  ...{
    consumer: "worker",
    on: "postgres",
    database: "app",
    access: "read-write",
    migrates: true,
    pool: 10,
  },
};

/** `llm`: as the blueprint names it. */
export async function startWorld(llm?: LlmSpec): Promise<World> {
  const platform = await running({ postgres: postgresSpec, mindsdb: spec }, [
    "postgres",
    "postgres_exporter",
    "mindsdb",
  ]);
  try {
    const [postgres, built] = await platform.apply((target) => {
      const shared = { built: {}, envOf: () => ({}) };
      const consumers = [...reader, worker];
      const postgres = components.postgres.on.local(target, {
        ...shared,
        spec: postgresSpec,
        consumers,
      });
      const input = {
        ...shared,
        spec: { ...spec, llm },
        consumers: [],
        built: { postgres },
      };
      return [postgres.outputs, mindsdb.on.local(target, input).outputs] as const;
    });
    const env = await settled({
      ...components.postgres.env(postgres, [worker], "migrate"),
      ...mindsdb.env(built, [{ consumer: "worker", on: "mindsdb" }], "run"),
    });
    const readerEnv = await settled(components.postgres.env(postgres, reader.slice(0, 1), "run"));
    await migrateService("api", env);
    await migrateService("worker", env);
    return assemble(platform, env, readerEnv);
  } catch (error) {
    await platform.stop();
    throw error;
  }
}

type Env = Record<string, string>;

function assemble(platform: Running, env: Env, readerEnv: Env): World {
  const settings = readConfig(z.object({ ...postgresEnv, ...mindsdbEnv }), env);
  const metrics = createMetrics("worker", "0");
  const db = createDatabase(settings, logger, metrics, "test");
  const calendar = createCalendar({ db, logger, country: "DE", client: undefined });
  const kinds = forecastKinds(settings, db, metrics, calendar);
  const { MINDSDB_URL: url = "", MINDSDB_USER: user, MINDSDB_PASSWORD: password } = settings;
  const asker = createMindsdb({ url, user, password }, metrics);
  const ca = readFileSync(env["POSTGRES_CA_FILE"] ?? "", "utf8");
  const [owner, mindsdbLogin] = [env["POSTGRES_OWNER_URL"], readerEnv["POSTGRES_REPLICA_URLS"]].map((url) => {
    const pool = new pg.Pool({ connectionString: url, ssl: { ca }, max: 2 });
    pool.on("error", () => undefined); // the platform is stopped under it
    return pool;
  });
  const [sql, asMindsdb] = [sqlOn(owner), sqlOn(mindsdbLogin)];
  return {
    ...{ platform, db, metrics, kinds, env, sql },
    ask: (statement) =>
      asker.run(statement, {
        signal: new AbortController().signal,
        timeout: 20_000,
      }),
    asMindsdb,
    replicated: async () => {
      const [position] = await sql("SELECT pg_current_wal_lsn()::text AS lsn");
      await eventually(async () => {
        const [row] = await asMindsdb("SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS there", [position?.["lsn"]]);
        if (row?.["there"] !== true) throw new Error("the replica is behind");
      });
    },
    run: async (name, organisationId, payload = {}) => {
      const kind = kinds.find((one) => one.name === name);
      if (!kind) throw new Error(`there is no kind ${name}`);
      const job = {
        id: randomUUID(),
        organisationId,
        eventId: null,
        payload,
        attempts: 0,
        traceParent: null,
      };
      try {
        const effect = "effect" in kind ? kind.effect : await kind.work(job, new AbortController().signal);
        const scope = organisationId === null ? {} : { organisation: organisationId };
        await db.write((query) => effect(query, job), scope);
        return "done";
      } catch (error) {
        if (error instanceof Postpone) return "postponed";
        throw error;
      }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([db.close(), owner?.end(), mindsdbLogin?.end()]);
      await platform.stop();
    },
  };
}

function sqlOn(pool: pg.Pool | undefined): Sql {
  return async (text, values) => (await pool?.query<Record<string, unknown>>(text, values))?.rows ?? [];
}

async function settled(env: Record<string, Input<string>>): Promise<Env> {
  const entries = Object.entries(env).map(async ([name, value]) => [name, await plain(value)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

function plain(value: Input<string>): Promise<string> {
  return new Promise((resolve) => output(value).apply(resolve));
}
