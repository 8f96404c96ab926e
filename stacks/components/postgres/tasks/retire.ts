import { escapeIdentifier as id, type Client } from "pg";
import { withClient, type Server } from "./connect.ts";

/**
 * Drops the logins among `members` of a role that are not wanted any more. Whatever such a login owns goes to the
 * owner of the database it is in: nothing of the users' is dropped with it.
 */
export async function retireLogins(primary: Server, members: string, wanted: string[]): Promise<void> {
  const { unwanted, databases } = await withClient(primary, "postgres", (client) => survey(client, members, wanted));
  if (unwanted.length === 0) return;

  await withClient(primary, "postgres", async (client) => {
    for (const role of unwanted) await client.query(`alter role ${id(role)} nologin`);
    await client.query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = any ($1)", [
      unwanted,
    ]);
  });
  for (const { name, owner } of databases) {
    await withClient(primary, name, async (client) => {
      for (const role of unwanted) {
        await client.query(`reassign owned by ${id(role)} to ${id(owner)}`);
        await client.query(`drop owned by ${id(role)}`); // only rights are left
      }
    });
  }
  await withClient(primary, "postgres", async (client) => {
    for (const role of unwanted) await client.query(`drop role ${id(role)}`);
  });
}

/** Owners of databases that left the blueprint keep the data and lose the login. */
export async function retireOwners(client: Client, wanted: string[]): Promise<void> {
  const { rows } = await client.query<{ rolname: string }>(
    `select distinct rolname from pg_database join pg_roles on pg_roles.oid = datdba
      where rolcanlogin and rolname = datname || '_owner' and datname <> all ($1)`,
    [wanted],
  );
  for (const { rolname } of rows) await client.query(`alter role ${id(rolname)} nologin`);
}

async function survey(client: Client, members: string, wanted: string[]) {
  const roles = await client.query<{ rolname: string }>(
    `select rolname from pg_auth_members join pg_roles on pg_roles.oid = member
      where roleid = $1::regrole and rolname <> all ($2)`,
    [id(members), wanted],
  );
  const databases = await client.query<{ name: string; owner: string }>(
    "select datname as name, rolname as owner from pg_database join pg_roles on pg_roles.oid = datdba where datallowconn",
  );
  return { unwanted: roles.rows.map(({ rolname }) => rolname), databases: databases.rows };
}
