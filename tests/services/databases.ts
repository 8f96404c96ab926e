import type { Daemons } from "./daemons.ts";

/*
 * Databases with the rights the postgres component gives: an owner that migrates, and a login of services that is
 * not the owner, so that row-level security binds it.
 */

const owner = "app_owner";
const service = "app_service";

/** Makes an empty database and the two logins. */
export async function createDatabase(daemons: Daemons, name: string): Promise<void> {
  await daemons.sql(
    "primary",
    `DO $$ BEGIN
       IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${owner}') THEN
         CREATE ROLE ${owner} LOGIN PASSWORD 'test';
         CREATE ROLE ${service} LOGIN PASSWORD 'test';
       END IF;
     END $$`,
  );
  await daemons.sql("primary", `CREATE DATABASE ${name} OWNER ${owner}`);
  const rights = [
    "GRANT USAGE ON SCHEMAS",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES",
    "GRANT SELECT, USAGE ON SEQUENCES",
  ];
  for (const right of rights) {
    await daemons.sqlIn(name, `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} ${right} TO ${service}`);
  }
  await daemons.sqlIn(name, `ALTER SCHEMA public OWNER TO ${owner}; GRANT USAGE ON SCHEMA public TO ${service}`);
}

/** URL of the login that migrates. */
export function ownerUrl(daemons: Daemons, database: string): string {
  return `postgres://${owner}:test@127.0.0.1:${daemons.primary.port}/${database}`;
}

/** URL of the login services have. */
export function serviceUrl(daemons: Daemons, database: string, node: "primary" | "replica" = "primary"): string {
  return `postgres://${service}:test@127.0.0.1:${daemons[node].port}/${database}`;
}

/** The environment of a service that uses `database`, as the postgres component gives it. `prefix` is that of a further database: POSTGRES_APP. */
export function postgresEnv(daemons: Daemons, database: string, prefix = "POSTGRES"): Record<string, string> {
  return {
    [`${prefix}_PRIMARY_URL`]: serviceUrl(daemons, database),
    [`${prefix}_REPLICA_URLS`]: serviceUrl(daemons, database, "replica"),
  };
}
