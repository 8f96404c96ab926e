import { createHash } from "node:crypto";
import type { Input } from "@pulumi/pulumi";
import type { Login, NeedOf } from "../component.ts";
import type { PostgresDatabase, PostgresSpec } from "./outputs.ts";

/** Roles of the platform's own. `postgres` is the superuser; its password is set once, by initdb. */
export const platformRoles = {
  superuser: "postgres",
  replication: "purlin_replication",
  monitor: "purlin_monitor",
  heartbeat: "purlin_heartbeat",
} as const;

/**
 * Every database of the blueprint or claimed by someone, with its owner and one login per consumer.
 * A consumer that claims a database twice gets one login with the wider access.
 */
export function plannedDatabases(
  spec: PostgresSpec,
  needs: NeedOf<"postgres">[],
  secret: (key: string) => Input<string>,
): Record<string, PostgresDatabase> {
  const login = (user: string): Login => ({ user, password: secret(`postgres/${user}`) });
  const names = new Set([...Object.keys(spec.databases), ...needs.map(({ database }) => database)]);
  return Object.fromEntries(
    [...names].map((name) => {
      const claims = needs.filter(({ database }) => database === name);
      const consumers = Object.fromEntries(
        claims.map(({ consumer }) => [
          consumer,
          {
            ...login(consumerRole(name, consumer)),
            ...widest(claims.filter((claim) => claim.consumer === consumer)),
          },
        ]),
      );
      return [name, { name, owner: login(`${name}_owner`), consumers }];
    }),
  );
}

/**
 * `<database>.<consumer>`, cut and made unique where it would pass the 63 bytes of a Postgres identifier. The dot
 * keeps consumers apart from the database's own roles (`<database>_owner`), whatever they are called.
 */
export function consumerRole(database: string, consumer: string): string {
  return fitting(`${database}.${consumer}`);
}

/** `<database>_reader:<schema>`: sees one schema of the database. No name of a database or a consumer has a colon. */
export function schemaReader(database: string, schema: string): string {
  return fitting(`${database}_reader:${schema}`);
}

function fitting(name: string): string {
  if (name.length <= 63) return name;
  return `${name.slice(0, 54)}_${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}

function widest(claims: NeedOf<"postgres">[]): Pick<NeedOf<"postgres">, "access" | "schemas"> {
  if (claims.some(({ access }) => access === "read-write")) return { access: "read-write" };
  const schemas = claims.map((claim) => claim.schemas);
  const all = schemas.flatMap((some) => some ?? []);
  return { access: "read-only", ...(!schemas.includes(undefined) && { schemas: [...new Set(all)] }) };
}
