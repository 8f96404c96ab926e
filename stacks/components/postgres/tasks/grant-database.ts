import { escapeIdentifier as id, type Client } from "pg";
import { z } from "zod";
import { ensureLogin, ensureRole } from "./connect.ts";

export const database = z.strictObject({
  name: z.string(),
  extensions: z.array(z.string()),
  owner: z.strictObject({ user: z.string(), password: z.string() }),
  consumers: z.array(
    z.strictObject({ user: z.string(), password: z.string(), access: z.enum(["read-write", "read-only"]) }),
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
 * Rights hang on two roles a database, `<name>_reader` and `<name>_writer`; logins are only members of one of them.
 * Taking a consumer away therefore never leaves rights behind on tables.
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

  for (const { user, password, access } of wanted.consumers) {
    await ensureLogin(client, user, password, `connection limit ${wanted.connectionLimit}`);
    const readOnly = access === "read-only";
    await client.query(`grant ${id(consumers)}, ${id(readOnly ? reader : writer)} to ${id(user)}`);
    await client.query(`revoke ${id(readOnly ? writer : reader)} from ${id(user)}`);
    await client.query(
      `alter role ${id(user)} ${readOnly ? "set" : "reset"} default_transaction_read_only${readOnly ? " = on" : ""}`,
    );
  }
}

/** Extensions and rights inside the database, from a session on it. */
export async function grantInside(client: Client, { name, extensions, owner }: Database): Promise<void> {
  for (const extension of extensions) await client.query(`create extension if not exists ${id(extension)} cascade`);
  await client.query(`alter schema public owner to ${id(owner.user)}`);
  await client.query("revoke all on schema public from public");

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
