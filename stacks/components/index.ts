import type { Component, ComponentKind } from "./component.ts";
import { gateway } from "./gateway/gateway.ts";
import { mail } from "./mail/mail.ts";
import { mindsdb } from "./mindsdb/mindsdb.ts";
import { monitoring } from "./monitoring/monitoring.ts";
import { postgres } from "./postgres/postgres.ts";
import { redis } from "./redis/redis.ts";
import { servicesOn } from "./services/services.ts";
import { storage } from "./storage/storage.ts";

/** Every component but the services, which are made of what the others let them claim. */
const parts = { gateway, postgres, redis, storage, mail, mindsdb, monitoring };

/** The registry: a component is its folder and its place here. The order is that of the blueprint, help and docs. */
export const components: { [K in ComponentKind]: Component<K> } = { ...parts, services: servicesOn(parts) };

/** The kinds in the registry's order. */
export const kinds: ComponentKind[] = Object.values(components).map(({ kind }) => kind);
