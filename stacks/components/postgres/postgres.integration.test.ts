import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { all, output, type Input } from "@pulumi/pulumi";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { running, type Running } from "../../../tests/harness/running.ts";
import type { Built, Login, NeedOf } from "../component.ts";
import { local } from "./local.ts";
import type { PostgresSpec } from "./outputs.ts";
import { postgresSpec } from "./spec.ts";
import { withClient } from "./tasks/connect.ts";
import { dropSlots } from "./tasks/slot.ts";

const host = "127.0.0.1";
const spec = postgresSpec.parse({ databases: { shop: { extensions: ["pg_trgm"] }, audit: {} }, memory: "256MiB" });
const api = {
  consumer: "api",
  on: "postgres",
  database: "shop",
  access: "read-write",
  migrates: true,
  pool: 10,
} as const;
const reports = {
  consumer: "reports",
  on: "postgres",
  database: "shop",
  access: "read-only",
  migrates: false,
  pool: 10,
} as const;

/** Sees one schema of shop alone. */
const models = { ...reports, consumer: "models", schemas: ["figures"] };
const everywhere = { ...reports, consumer: "models" };

let platform: Running;
let built: Built<"postgres">;

const build = (wanted: PostgresSpec, consumers: NeedOf<"postgres">[]) =>
  platform.apply((target) => local(target, { spec: wanted, consumers, built: {}, envOf: () => ({}) }));

beforeAll(async () => {
  platform = await running({ postgres: spec }, ["postgres", "postgres_exporter"]);
  built = await build(spec, [api, reports, models]);
});
afterAll(() => platform.stop());

describe("logins", () => {
  test("are over TLS with scram, verified by the stack's authority", async () => {
    const [session] = await query(
      "primary",
      superuser(),
      "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()",
    );
    expect(session).toMatchObject({ ssl: true, version: "TLSv1.3" });
    const [replication] = await query(
      "primary",
      superuser(),
      "select bool_and(ssl) as ssl, count(*)::int as senders from pg_stat_ssl join pg_stat_replication using (pid)",
    );
    expect(replication).toEqual({ ssl: true, senders: 2 });
    const [hashes] = await query(
      "primary",
      superuser(),
      "select bool_and(rolpassword like 'SCRAM-SHA-256$%') as scram from pg_authid where rolpassword is not null",
    );
    expect(hashes).toEqual({ scram: true });
  });

  test("are refused with a wrong password", async () => {
    const wrong = { ...(await login("api")), password: "wrong" };
    await expect(query("primary", wrong, "select 1")).rejects.toThrow("password authentication failed");
  });

  test("are refused without TLS", async () => {
    await expect(query("primary", await login("api"), "select 1", { ssl: false })).rejects.toThrow("no encryption");
  });

  test("of the replication role reach no database", async () => {
    const replication = {
      user: "purlin_replication",
      password: await plain(platform.target.secret("postgres/purlin_replication")),
    };
    await expect(query("primary", replication, "select 1", { database: "postgres" })).rejects.toThrow(
      "pg_hba.conf rejects",
    );
  });
});

describe("rights", () => {
  test("the owner defines tables, a writer fills them, a reader reads them", async () => {
    await query("primary", await login("owner"), "create table orders (id int primary key)");
    await query("primary", await login("api"), "insert into orders values (1)");
    expect(await query("primary", await login("reports"), "select * from orders")).toEqual([{ id: 1 }]);
  });

  test("a writer cannot define anything", async () => {
    await expect(query("primary", await login("api"), "create table mine (id int)")).rejects.toThrow(
      "permission denied",
    );
    await expect(query("primary", await login("api"), "drop table orders")).rejects.toThrow("must be owner");
  });

  test("a reader cannot write, nor by leaving its read-only default", async () => {
    const reader = await login("reports");
    await expect(query("primary", reader, "insert into orders values (2)")).rejects.toThrow("read-only transaction");
    const forced = "set transaction read write; insert into orders values (2)";
    await expect(query("primary", reader, forced)).rejects.toThrow("permission denied for table orders");
  });

  test("a reader confined to a schema sees that one alone, before and after something is made in any", async () => {
    const confined = await login("models");
    await query("primary", await login("owner"), "create view figures.sums as select count(*)::int as n from orders");
    await query("primary", await login("owner"), "create schema hidden; create table hidden.later (id int)");
    expect(await query("primary", confined, "select n from figures.sums")).toEqual([{ n: 1 }]);
    for (const table of ["public.orders", "hidden.later"]) {
      await expect(query("primary", confined, `select from ${table}`)).rejects.toThrow("permission denied for schema");
    }
    await expect(query("primary", confined, "select 1", { database: "audit" })).rejects.toThrow(
      "permission denied for database",
    );
    await expect(query("primary", confined, "create temporary table t ()")).rejects.toThrow(
      /read-only transaction|permission denied/,
    );
  });

  test("a reader that was let in everywhere, and is confined, loses the rest; and gets it back", async () => {
    const seen = async (table: string) =>
      query("primary", await login("models"), `select from ${table}`).then(
        () => true,
        () => false,
      );
    await build(spec, [api, reports, everywhere]);
    expect(await seen("public.orders")).toBe(true);
    await build(spec, [api, reports, models]);
    expect([await seen("public.orders"), await seen("figures.sums")]).toEqual([false, true]);
    await build(spec, [api, reports, { ...models, schemas: ["others"] }]);
    expect([await seen("public.orders"), await seen("figures.sums")]).toEqual([false, false]);
    await platform.runTask("postgres-grant"); // again, and nothing changes
    expect(await seen("figures.sums")).toBe(false);
    await build(spec, [api, reports, models]);
  });

  test("nobody but the platform reaches the postgres database", async () => {
    await expect(query("primary", await login("api"), "select 1", { database: "postgres" })).rejects.toThrow(
      "permission denied for database",
    );
  });

  test("extensions of the blueprint are there", async () => {
    expect(
      await query("primary", await login("api"), "select extname from pg_extension where extname = 'pg_trgm'"),
    ).toHaveLength(1);
  });
});

describe("replication", () => {
  test("replicas stream from their slots and serve reads", async () => {
    const slots = await query(
      "primary",
      superuser(),
      "select slot_name, active, wal_status from pg_replication_slots order by 1",
    );
    expect(slots).toEqual([
      { slot_name: "replica_1", active: true, wal_status: "reserved" },
      { slot_name: "replica_2", active: true, wal_status: "reserved" },
    ]);
    await query("primary", await login("api"), "insert into orders values (3)");
    for (const replica of [0, 1]) await eventually(replica, "select from orders where id = 3");
    await expect(query(0, await login("api"), "insert into orders values (4)")).rejects.toThrow(
      "read-only transaction",
    );
  });

  test("every server comes back after kill -9 with all that was acknowledged", async () => {
    for (const name of ["postgres-replica-1", "postgres-primary", "postgres-replica-2"]) {
      await query("primary", await login("api"), "insert into orders select coalesce(max(id), 0) + 1 from orders");
      await platform.kill(name);
      await platform.start(name);
    }
    const [row] = await query("primary", await login("api"), "select max(id) as last from orders");
    for (const replica of [0, 1]) await eventually(replica, `select from orders where id = ${String(row?.["last"])}`);
  });

  test("a replica whose slot lost its WAL is made anew, its old server giving way", async () => {
    const before = platform.pid("postgres-replica-1");
    const primary = {
      port: Number(await plain(built.outputs.primary.port)),
      user: "postgres",
      password: await plain(superuser().password),
      caFile: platform.target.certificate.caFile,
    };
    await withClient(primary, "postgres", (client) => dropSlots(client, ["replica_1"]));
    await markerGone("replica-1"); // the heartbeat takes the copy's marker away
    await platform.runTask("postgres-replica-1-base-backup");
    expect(isAlive(before)).toBe(false);
    await platform.start("postgres-replica-1");
    await eventually(0, "select from orders");
  });

  test("a base backup killed half way leaves nothing in the way of the next", async () => {
    await platform.kill("postgres-replica-2");
    await rm(path.join(folder("replica-2"), "copied"));
    const half = platform.startTask("postgres-replica-2-base-backup");
    await partialCopy();
    half.kill("SIGKILL");
    await once(half, "close");
    await platform.runTask("postgres-replica-2-base-backup");
    await platform.start("postgres-replica-2");
    await eventually(1, "select from orders");
  });

  test("a folder that was promoted is not replaced", async () => {
    const signal = path.join(folder("replica-2"), "pgdata/standby.signal");
    await rm(signal);
    await expect(platform.runTask("postgres-replica-2-base-backup")).rejects.toThrow(
      /^POSTGRES_REPLICA_FOREIGN: .*replica-2\/pgdata is not a copy this primary's replica can go on from: it was promoted/,
    );
    await writeFile(signal, "");
  });
});

describe("data folders", () => {
  test("of another major version are refused, naming both and the way out", async () => {
    const version = path.join(folder("primary"), "pgdata/PG_VERSION");
    await writeFile(version, "17\n");
    try {
      await expect(platform.runTask("postgres-init")).rejects.toThrow(
        [
          `POSTGRES_DATA_VERSION: ${path.dirname(version)} holds data of Postgres 17, and this platform runs Postgres 18`,
          "why: a server cannot open the files of another major version",
          "fix: move that folder away and run `purlin up` to start empty, then load a dump made with Postgres 17",
        ].join("\n"),
      );
    } finally {
      await writeFile(version, "18\n");
    }
  });

  test("are left alone by a second init", async () => {
    await platform.runTask("postgres-init");
    expect(await query("primary", superuser(), "select 1 as one")).toEqual([{ one: 1 }]);
  });
});

test("settings come from the tuning, checksums are on", async () => {
  const rows = await query(
    "primary",
    superuser(),
    `select current_setting('shared_buffers') as buffers, current_setting('data_checksums') as checksums,
            current_setting('track_io_timing') as timing, current_setting('unix_socket_directories') as sockets`,
  );
  // 256 MiB for three servers, a quarter of each share
  expect(rows).toEqual([{ buffers: "21MB", checksums: "on", timing: "on", sockets: "" }]);
});

test("exporters answer for every server and database, and measure lag by the heartbeat", async () => {
  const pages = await Promise.all(built.scrape.map(async (target) => ({ target, page: await scrape(target) })));
  for (const { target, page } of pages) expect(page, target.labels.instance).toMatch(/^pg_up(\{.*\})? 1$/m);
  const of = (instance: string) => pages.find(({ target }) => target.labels.instance === instance)?.page ?? "";
  for (const metric of [
    "pg_stat_statements_calls_total",
    "pg_replication_slots_pg_wal_lsn_diff|pg_replication_slot",
    "pg_stat_checkpointer_num_timed_total",
    "pg_database_wraparound",
  ])
    expect(of("primary")).toMatch(new RegExp(`^(${metric})`, "m"));
  expect(of("replica-1")).toMatch(/^purlin_pg_heartbeat_age_seconds\{.*\} \d/m);
  expect(of("primary/shop")).toMatch(/^pg_stat_user_tables_n_live_tup\{.*relname="orders"/m);
});

describe("a changed blueprint", () => {
  test("drops the login and the slot of who left, and keeps what they made", async () => {
    const gone = await login("api");
    await build({ ...spec, replicas: 1 }, [reports]);
    await expect(query("primary", gone, "select 1")).rejects.toThrow("password authentication failed");
    expect(await query("primary", superuser(), "select slot_name from pg_replication_slots")).toEqual([
      { slot_name: "replica_1" },
    ]);
    expect(await query("primary", await login("reports"), "select from orders where id = 1")).toHaveLength(1);
  });

  test("with fewer connections lets a replica that runs learn of it before it restarts", async () => {
    await platform.kill("postgres-replica-2"); // left the platform with the change above
    await platform.kill("postgres-primary");
    await build({ ...spec, replicas: 1, maxConnections: 50 }, [reports]);
    await platform.kill("postgres-replica-1");
    await platform.start("postgres-replica-1");
    expect(await query(0, superuser(), "show max_connections")).toEqual([{ max_connections: "50" }]);
  });

  test("with fewer connections copies a replica anew that was down meanwhile and cannot learn of it", async () => {
    await platform.kill("postgres-replica-1");
    await platform.kill("postgres-primary");
    await build({ ...spec, replicas: 1, maxConnections: 40 }, [reports]);
    expect(await query(0, superuser(), "show max_connections")).toEqual([{ max_connections: "40" }]);
  });
});

function superuser(): Login {
  return { user: "postgres", password: platform.target.secret("postgres/postgres") };
}

async function login(who: string): Promise<Login> {
  const shop = built.outputs.databases["shop"];
  const found = who === "owner" ? shop?.owner : shop?.consumers[who];
  return { user: found!.user, password: await plain(found!.password) };
}

function plain(secret: Input<string | number>): Promise<string> {
  return new Promise((resolve) => {
    output(secret).apply((value) => resolve(String(value)));
  });
}

async function query(
  server: "primary" | number,
  who: Login,
  sql: string,
  { database = who.user === "postgres" ? "postgres" : "shop", ssl = true } = {},
): Promise<Record<string, unknown>[]> {
  const address = server === "primary" ? built.outputs.primary : built.outputs.replicas[server]!;
  const [port, password, caFile] = await new Promise<[number, string, string]>((resolve) =>
    all([address.port, who.password, built.outputs.ca]).apply(resolve),
  );
  const tls = ssl ? { ca: await readFile(caFile, "utf8") } : false;
  const client = new Client({ host, port, user: who.user, password, database, ssl: tls });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}

/** Until the statement finds a row on a replica; the test's own time limit ends the wait. */
async function eventually(replica: number, sql: string): Promise<void> {
  while ((await query(replica, superuser(), sql, { database: "shop" })).length === 0) await setTimeout(50);
}

function folder(server: string): string {
  return path.join(platform.target.dataDir("postgres"), server);
}

async function markerGone(server: string): Promise<void> {
  while (existsSync(path.join(folder(server), "copied"))) await setTimeout(100);
}

async function partialCopy(): Promise<void> {
  while (!existsSync(path.join(folder("replica-2"), "pgdata.part/base"))) await setTimeout(5);
}

function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function scrape({
  address,
  path: at = "/metrics",
  params = {},
}: Built<"postgres">["scrape"][number]): Promise<string> {
  const search = new URLSearchParams();
  for (const [key, values] of Object.entries(params)) search.set(key, values.join());
  const base = await plain(address);
  return (await fetch(`http://${base}${at}?${search.toString()}`)).text();
}
