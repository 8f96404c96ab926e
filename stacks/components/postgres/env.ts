import { all, interpolate, type Input } from "@pulumi/pulumi";
import type { Address, EnvPurpose, Login, NeedOf } from "../component.ts";
import type { PostgresOutputs } from "./outputs.ts";

/**
 * For the first database claimed POSTGRES_PRIMARY_URL, POSTGRES_REPLICA_URLS (comma separated, maybe empty),
 * POSTGRES_CA_FILE, POSTGRES_POOL_MAX and, to migrate, POSTGRES_OWNER_URL. Each further database has the same names with
 * its own after POSTGRES_: POSTGRES_AUDIT_PRIMARY_URL. URLs say nothing of TLS, since drivers disagree about sslmode: a client must
 * use TLS and verify against the CA file.
 */
export function postgresEnv(
  outputs: PostgresOutputs,
  needs: NeedOf<"postgres">[],
  purpose: EnvPurpose,
): Record<string, Input<string>> {
  const databases = [...new Set(needs.map(({ database }) => database))];
  const env: Record<string, Input<string>> = {};
  for (const [index, database] of databases.entries()) {
    const claims = needs.filter((need) => need.database === database);
    const owner = outputs.databases[database]?.owner;
    const login = claims.map(({ consumer }) => outputs.databases[database]?.consumers[consumer])[0];
    if (!owner || !login) throw new Error(`postgres: a consumer has no login on database ${database}`);

    const prefix = index === 0 ? "POSTGRES" : `POSTGRES_${database.toUpperCase()}`;
    env[`${prefix}_PRIMARY_URL`] = url(outputs.primary, login, database);
    env[`${prefix}_REPLICA_URLS`] = commaSeparated(outputs.replicas.map((replica) => url(replica, login, database)));
    env[`${prefix}_CA_FILE`] = outputs.ca;
    env[`${prefix}_POOL_MAX`] = String(Math.max(...claims.map(({ pool }) => pool)));
    if (purpose === "migrate" && claims.some(({ migrates }) => migrates)) {
      env[`${prefix}_OWNER_URL`] = url(outputs.primary, owner, database);
    }
  }
  return env;
}

function url({ host, port }: Address, { user, password }: Login, database: string): Input<string> {
  return interpolate`postgres://${user}:${password}@${host}:${port}/${database}`;
}

function commaSeparated(urls: Input<string>[]): Input<string> {
  return urls.length === 0 ? "" : all(urls).apply((list) => list.join(","));
}
