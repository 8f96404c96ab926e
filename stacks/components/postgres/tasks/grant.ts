import type { Client } from "pg";
import { escapeIdentifier as id } from "pg";
import { z } from "zod";
import { runTask } from "../../../targets/local/tasks/run-task.ts";
import { ensureLogin, ensureRole, keepStatementsPrivate, withClient } from "./connect.ts";
import { server } from "./server.ts";
import { database, ensureDatabase, grantInside } from "./grant-database.ts";
import { retireLogins, retireOwners } from "./retire.ts";
import { dropSlots } from "./slot.ts";

const login = z.strictObject({ user: z.string(), password: z.string() });

const input = z.strictObject({
  primary: server,
  databases: z.array(database),
  monitor: login,
  heartbeat: login,
  slots: z.array(z.string()),
});

type Input = z.infer<typeof input>;

/** Every login we make for a consumer is a member of this role, so that those no longer wanted can be told apart. */
const consumers = "purlin_consumers";

/** Brings databases, roles, rights and slots to what the blueprint says. It never drops a database. */
await runTask(input, async (task) => {
  await withClient(task.primary, "postgres", async (client) => {
    await keepStatementsPrivate(client);
    await preparePlatform(client, task);
    await ensureRole(client, consumers);
    for (const wanted of task.databases) await ensureDatabase(client, wanted, consumers);
  });
  for (const wanted of task.databases) {
    await withClient(task.primary, wanted.name, (client) => grantInside(client, wanted));
  }

  const logins = task.databases.flatMap((wanted) => wanted.consumers.map(({ user }) => user));
  await retireLogins(task.primary, consumers, logins);
  await withClient(task.primary, "postgres", async (client) => {
    await retireOwners(
      client,
      task.databases.map(({ name }) => name),
    );
    await dropUnwantedSlots(client, task.slots);
  });
});

/** The `postgres` database serves the platform itself: monitoring, and the heartbeat that lag is measured by. */
async function preparePlatform(client: Client, { monitor, heartbeat }: Input): Promise<void> {
  await ensureLogin(client, monitor.user, monitor.password, "connection limit 20");
  await ensureLogin(client, heartbeat.user, heartbeat.password, "connection limit 5");
  const [monitorRole, heartbeatRole] = [id(monitor.user), id(heartbeat.user)];
  const statements = [
    "create extension if not exists pg_stat_statements",
    "revoke all on database postgres, template1 from public",
    `grant connect on database postgres to ${monitorRole}, ${heartbeatRole}`,
    `grant pg_monitor to ${monitorRole}`,
    "create schema if not exists purlin",
    `create table if not exists purlin.heartbeat (
       only_row bool primary key default true check (only_row), at timestamptz not null)`,
    "insert into purlin.heartbeat (at) values (clock_timestamp()) on conflict do nothing",
    `grant usage on schema purlin to ${monitorRole}, ${heartbeatRole}`,
    `grant select on purlin.heartbeat to ${monitorRole}`,
    `grant select, update on purlin.heartbeat to ${heartbeatRole}`,
  ];
  for (const statement of statements) await client.query(statement);
}

/** Slots of replicas that are gone would hold WAL until the disk is full. */
async function dropUnwantedSlots(client: Client, wanted: string[]): Promise<void> {
  const { rows } = await client.query<{ slot_name: string }>(
    "select slot_name from pg_replication_slots where slot_name like 'replica\\_%' and slot_name <> all ($1)",
    [wanted],
  );
  await dropSlots(
    client,
    rows.map(({ slot_name }) => slot_name),
  );
}
