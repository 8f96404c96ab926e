import type { Component, ComponentKind } from "./component.ts";
import { gateway } from "./gateway/gateway.ts";
import { mindsdbClaims, mindsdbSpec } from "./mindsdb/spec.ts";
import { monitoring } from "./monitoring/monitoring.ts";
import { pending } from "./pending.ts";
import { postgresClaims, postgresSpec } from "./postgres/spec.ts";
import { redis } from "./redis/redis.ts";
import { servicesOn } from "./services/services.ts";
import { storage } from "./storage/storage.ts";

/** Every component but the services, which are made of what the others let them claim. */
const parts = {
  gateway,
  postgres: pending("postgres", { spec: postgresSpec, claims: postgresClaims }),
  redis,
  storage,
  mindsdb: pending("mindsdb", { spec: mindsdbSpec, claims: mindsdbClaims }),
  monitoring,
} satisfies { [K in Exclude<ComponentKind, "services">]: Component<K> };

/** All components, by kind. */
export type Registry = { [K in ComponentKind]: Component<K> };

/** The registry: a component is its folder and its line here. The order is that of the blueprint, help and docs. */
export const components: Registry = { ...parts, services: servicesOn(parts) };

/** The kinds in the registry's order. */
export const kinds: ComponentKind[] = Object.values(components).map(({ kind }) => kind);
