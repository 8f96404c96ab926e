import { escapeIdentifier as id, type Client } from "pg";
import { z } from "zod";
import { ensureLogin, ensureRole } from "./connect.ts";

export const database = z.strictObject({
  name: z.string(),
  extensions: z.array(z.string()),
  owner: z.strictObject({ user: z.string(), password: z.string() }),
  consumers: z.array(
    z.strictObject({
      user: z.string(),
      password: z.string(),
      access: z.enum(["read-write", "read-only"]),
      /** All that a read-only login sees; absent: every schema. */
      schemas: z.array(z.strictObject({ name: z.string(), reader: z.string() })).optional(),
    }),
  ),
  /** Connections one consumer may have, so that none can take them all. */
  connectionLimit: z.number(),
  /** Reads statistics of every table. */
  monitor: z.string(),
});

type Database = z.infer<typeof database>;

/** Migrations of all services that share the database may run at the same time. */
const ownerConnections = 10;

/*
 * Rights hang on two roles a database, `<name>_reader` and `<name>_writer`, and on a reader for each schema that a login
 * is confined to; logins are only members of them. Taking a consumer away therefore never leaves rights behind on tables.
 */
const groups = (name: string) => ({ reader: `${name}_reader`, writer: `${name}_writer` });

/** The database and its roles, from a session on any database. A consumer's own login is a member of `consumers`. */
export async function ensureDatabase(client: Client, wanted: Database, consumers: string): Promise<void> {
  const { name, owner } = wanted;
  const { reader, writer } = groups(name);
  await ensureRole(client, reader);
  await ensureRole(client, writer);
  await ensureLogin(client, owner.user, owner.password, `connection limit ${ownerConnections}`);
  const { rowCount } = await client.query("select from pg_database where datname = $1", [name]);
  if (rowCount === 0) await client.query(`create database ${id(name)} owner ${id(owner.user)}`);
  await client.query(`alter database ${id(name)} owner to ${id(owner.user)}`);
  await client.query(`revoke all on database ${id(name)} from public`);
  await client.query(`grant connect on database ${id(name)} to ${id(reader)}, ${id(wanted.monitor)}`);
  await client.query(`grant connect, temporary on database ${id(name)} to ${id(writer)}`);

  for (const { reader: confined } of confinements(wanted)) {
    await ensureRole(client, confined);
    await client.query(`grant connect on database ${id(name)} to ${id(confined)}`);
  }

  for (const { user, password, access, schemas } of wanted.consumers) {
    await ensureLogin(client, user, password, `connection limit ${wanted.connectionLimit}`);
    const readOnly = access === "read-only";
    const readers = schemas?.map((schema) => schema.reader) ?? [reader];
    await ensureMemberOf(client, user, [consumers, ...(readOnly ? readers : [writer])]);
    await client.query(
      `alter role ${id(user)} ${readOnly ? "set" : "reset"} default_transaction_read_only${readOnly ? " = on" : ""}`,
    );
  }
}

/** Extensions and rights inside the database, from a session on it. */
export async function grantInside(client: Client, wanted: Database): Promise<void> {
  const { name, extensions, owner } = wanted;
  for (const extension of extensions) await client.query(`create extension if not exists ${id(extension)} cascade`);
  await client.query(`alter schema public owner to ${id(owner.user)}`);
  await client.query("revoke all on schema public from public");
  // Before any migration makes it, or rights could not wait in it for what is made there.
  for (const { name: schema } of confinements(wanted)) {
    await client.query(`create schema if not exists ${id(schema)} authorization ${id(owner.user)}`);
  }

  const { rows } = await client.query<{ nspname: string }>(
    "select nspname from pg_namespace where nspowner = $1::regrole",
    [id(owner.user)],
  );
  const roles = groups(name);
  for (const { nspname } of rows) {
    for (const { on, privileges, to } of rights(roles)) {
      await client.query(`grant ${privileges} on ${existing(on, id(nspname))} to ${id(to)}`);
    }
  }
  // What the owner makes later, in any schema.
  for (const { on, privileges, to } of rights(roles)) {
    await client.query(`alter default privileges for role ${id(owner.user)} grant ${privileges} on ${on} to ${id(to)}`);
  }
  for (const schema of confinements(wanted)) await confine(client, owner.user, schema);
}

/** Lets the schema's reader see what is in it and what will be, and nothing else. */
async function confine(client: Client, owner: string, { name, reader }: Confinement): Promise<void> {
  const [schema, to] = [id(name), id(reader)];
  await client.query(`grant usage on schema ${schema} to ${to}`);
  await client.query(`grant select on all tables in schema ${schema} to ${to}`);
  await client.query(
    `alter default privileges for role ${id(owner)} in schema ${schema} grant select on tables to ${to}`,
  );
}

/** Makes the login a member of these roles and of no other. */
async function ensureMemberOf(client: Client, user: string, roles: string[]): Promise<void> {
  const { rows } = await client.query<{ rolname: string }>(
    `select rolname from pg_auth_members join pg_roles on pg_roles.oid = roleid
      where member = $1::regrole and rolname <> all ($2)`,
    [id(user), roles],
  );
  for (const { rolname } of rows) await client.query(`revoke ${id(rolname)} from ${id(user)}`);
  await client.query(`grant ${roles.map(id).join(", ")} to ${id(user)}`);
}

interface Confinement {
  name: string;
  reader: string;
}

/** Schemas of the database that some login is confined to. */
function confinements({ consumers }: Database): Confinement[] {
  return consumers.flatMap(({ schemas = [] }) => schemas);
}

function rights({ reader, writer }: { reader: string; writer: string }) {
  return [
    { on: "schemas", privileges: "usage", to: reader },
    { on: "schemas", privileges: "usage", to: writer },
    { on: "tables", privileges: "select", to: reader },
    { on: "tables", privileges: "select, insert, update, delete", to: writer },
    { on: "sequences", privileges: "select", to: reader },
    { on: "sequences", privileges: "select, usage", to: writer },
  ] as const;
}

function existing(kind: "schemas" | "tables" | "sequences", schema: string): string {
  return kind === "schemas" ? `schema ${schema}` : `all ${kind} in schema ${schema}`;
}
