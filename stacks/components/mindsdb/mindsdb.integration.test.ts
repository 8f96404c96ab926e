import { output, type Input } from "@pulumi/pulumi";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { running, type Running } from "../../../tests/harness/running.ts";
import type { Built, NeedOf, Outputs } from "../component.ts";
import { components } from "../index.ts";
import { mindsdb } from "./mindsdb.ts";
import { engineOf } from "./models.ts";
import { mindsdbSpec } from "./spec.ts";
import { logIn } from "./tasks/log-in.ts";

const spec = mindsdbSpec.parse({ database: "shop" });
const postgresSpec = components.postgres.spec.parse({
  databases: { shop: { extensions: [] } },
  replicas: 1,
  memory: "256MiB",
});
const needs = mindsdb.needs(spec).filter((need) => need.on === "postgres");
const writer: NeedOf<"postgres"> = {
  consumer: "api",
  on: "postgres",
  database: "shop",
  access: "read-write",
  migrates: true,
  pool: 10,
};

let platform: Running;
let postgres: Built<"postgres">;
let built: Built<"mindsdb">;

beforeAll(async () => {
  platform = await running({ postgres: postgresSpec, mindsdb: spec }, ["postgres", "postgres_exporter", "mindsdb"]);
  [postgres, built] = await platform.apply((target) => {
    const envOf = () => ({});
    const consumers = [...needs, writer];
    const postgres = components.postgres.on.local(target, { spec: postgresSpec, consumers, built: {}, envOf });
    return [postgres, mindsdb.on.local(target, { spec, consumers: [], built: { postgres }, envOf })];
  });
  await query("owner", "create table analytics.orders (id int primary key, item text); create table secrets ()");
  await query("api", "insert into analytics.orders values (1, 'tea'), (2, 'milk')");
});
afterAll(() => platform.stop());

describe("login", () => {
  test("is needed for everything but the health check", async () => {
    const url = await plain(built.outputs.url);
    const body = JSON.stringify({ query: "SELECT 1" });
    const headers = { "content-type": "application/json" };
    expect((await fetch(`${url}/api/sql/query`, { method: "POST", headers, body })).status).toBe(401);
    expect((await fetch(`${url}/api/databases`)).status).toBe(401);
    expect((await fetch(`${url}/api/util/ping`)).status).toBe(200);
  });

  test("is refused with a wrong password", async () => {
    await expect(logIn(await plain(built.outputs.url), { user: "mindsdb", password: "wrong" })).rejects.toThrow("401");
  });
});

describe("the data source", () => {
  test("answers from the replica, over TLS", async () => {
    await expect
      .poll(async () => (await sql("SELECT id, item FROM shop.analytics.orders ORDER BY id")).rows)
      .toEqual([
        { id: 1, item: "tea" },
        { id: 2, item: "milk" },
      ]);
    const asked =
      "SELECT * FROM shop (SELECT pg_is_in_recovery() AS replica, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())";
    expect((await sql(asked)).rows).toEqual([{ replica: true, ssl: true }]);
  });

  test("is the schema analytics alone", async () => {
    expect((await sql("SELECT * FROM shop.secrets")).error_message).toMatch(/permission denied|does not exist/);
    const asked = "SELECT * FROM shop (SELECT FROM public.secrets)";
    expect((await sql(asked)).error_message).toMatch(/permission denied for schema public/);
  });

  test("refuses to write", async () => {
    expect((await sql("INSERT INTO shop.analytics.orders (id, item) VALUES (3, 'jam')")).error_message).toMatch(
      /during recovery/,
    );
    expect(await query("api", "select count(*)::int as n from analytics.orders")).toEqual([{ n: 2 }]);
  });

  test("is settled again without harm, and takes a new login", async () => {
    await platform.runTask("mindsdb-data-source");
    expect((await sql("SELECT item FROM shop.analytics.orders WHERE id = 1")).rows).toEqual([{ item: "tea" }]);
    await sql('ALTER DATABASE shop PARAMETERS = {"password": "forgotten"}');
    await platform.runTask("mindsdb-data-source");
    expect((await sql("SELECT item FROM shop.analytics.orders WHERE id = 2")).rows).toEqual([{ item: "milk" }]);
  });
});

describe("our models", () => {
  const { name } = engineOf("work");

  test("are uploaded for a project of ours, once", async () => {
    expect((await sql("SHOW PROJECTS")).rows).toContainEqual({ project: "forecast" });
    const uploaded = () => query("owner", `select id from integration where name = '${name}'`, "mindsdb_metadata");
    const before = await uploaded();
    expect(before).toHaveLength(1);
    await platform.runTask("mindsdb-models");
    expect(await uploaded()).toEqual(before);
  });

  test("take the place of those with another content, and of what was trained with them", async () => {
    await upload("work_outdated");
    await upload("another");
    const train = (model: string, engine: string) =>
      sql(`CREATE MODEL forecast.${model} PREDICT item USING engine = '${engine}', join_learn_process = true`);
    expect((await train("work_1", "work_outdated")).rows).toMatchObject([{ status: "complete" }]);
    expect((await train("theirs", "another")).rows).toMatchObject([{ status: "complete" }]);
    await platform.runTask("mindsdb-models");
    const engines = (await sql("SELECT name FROM information_schema.ml_engines")).rows.map((row) =>
      String(row["name"]),
    );
    expect(engines.filter((engine) => ["work_outdated", "another", name].includes(engine)).sort()).toEqual([
      "another",
      name,
    ]);
    expect((await sql("SELECT name FROM forecast.models")).rows).toEqual([{ name: "theirs" }]);
  });
});

test("records are kept over a restart, which SIGTERM begins in order", async () => {
  await sql("CREATE VIEW mindsdb.teas AS (SELECT * FROM shop.analytics.orders WHERE item = 'tea')");
  const pid = platform.pid("mindsdb") ?? 0;
  process.kill(pid, "SIGTERM");
  await gone(pid);
  expect(platform.output("mindsdb")).toContain("Application shutdown complete");
  await platform.start("mindsdb");
  expect((await sql("SELECT item FROM mindsdb.teas")).rows).toEqual([{ item: "tea" }]);
});

test("its records are in Postgres, over verified TLS", async () => {
  const rows = await query("owner", "select name from integration order by name", "mindsdb_metadata");
  expect(rows).toEqual(["another", "files", "shop", engineOf("work").name].map((name) => ({ name })));
});

test("a job runs in the server's own process", async () => {
  await sql("CREATE JOB mindsdb.tick (SELECT 1)");
  expect((await sql("SELECT name FROM information_schema.jobs")).rows).toEqual([{ name: "tick" }]);
});

test("metrics have what the dashboards ask for", async () => {
  const text = await (await fetch(`${await plain(built.outputs.url)}/metrics`)).text();
  for (const metric of ["mindsdb_rest_api_latency_seconds_bucket{", "mindsdb_integration_handler_query_seconds_sum{"]) {
    expect(text).toContain(metric);
  }
});

async function sql(statement: string) {
  const { url, login } = built.outputs;
  const { sdk } = await logIn(await plain(url), { user: login.user, password: await plain(login.password) });
  return sdk.SQL.runQuery(statement);
}

/** An engine of somebody else's making. */
async function upload(name: string): Promise<void> {
  const { url, login } = built.outputs;
  const { http } = await logIn(await plain(url), { user: login.user, password: await plain(login.password) });
  const form = new FormData();
  const code = "class Model:\n def train(self, df, target, args=None):\n  pass\n def predict(self, df):\n  return df\n";
  form.append("code", new Blob([code]), "code.py");
  await http.put(`/api/handlers/byom/${name}`, form);
}

async function query(who: "owner" | "api", statement: string, database = "shop") {
  const client = new Client({ ...(await connection(postgres.outputs, who, database)), database });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(statement);
    return rows;
  } finally {
    await client.end();
  }
}

async function connection({ primary, databases }: Outputs["postgres"], who: "owner" | "api", database: string) {
  const login = who === "owner" ? databases[database]?.owner : databases[database]?.consumers[who];
  if (!login) throw new Error(`no login of ${who}`);
  const port = await plain(primary.port);
  return {
    host: "127.0.0.1",
    port,
    user: login.user,
    password: await plain(login.password),
    ssl: { rejectUnauthorized: false },
  };
}

async function gone(pid: number): Promise<void> {
  await expect.poll(() => alive(pid), { timeout: 20_000 }).toBe(false);
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function plain<T extends string | number>(value: Input<T>): Promise<T> {
  return new Promise((resolve) => output<string | number>(value).apply((known) => resolve(known as T)));
}
