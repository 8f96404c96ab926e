import { createAuthenticator } from "@purlin/kit/authenticator";
import { trustedIssuers } from "@purlin/kit/authenticator-settings";
import { createCache, type Cache } from "@purlin/kit/cache";
import type { Logger } from "@purlin/kit/logger";
import type { Metrics } from "@purlin/kit/metrics";
import type { OutboundRules } from "@purlin/kit/outbound-url";
import { createDatabase, type Database } from "@purlin/kit/postgres";
import { createRateLimit } from "@purlin/kit/rate-limit";
import type { Check } from "@purlin/kit/readiness";
import { createRedis } from "@purlin/kit/redis";
import { createBucket, type Bucket } from "@purlin/kit/storage";
import type { Redis } from "ioredis";
import type { ApiConfig } from "./config.ts";
import { readManifest, type Manifest } from "./graphql/persisted-operations.ts";

/** What the routes work with. */
export interface Services {
  logger: Logger;
  db: Database;
  redis: Redis;
  cache: Cache;
  attachments: Bucket;
  attachmentLimit: number;
  /** Where webhooks may go, and the key that seals their secrets. */
  webhooks: { rules: OutboundRules; key: Buffer };
  /** Whether the schema is shown, and the only operations that run; undefined: any. */
  graphql: { introspection: boolean; operations: Manifest | undefined };
}

/** Connects to everything the service needs; gives the checks that watch it and the way to let go of it. */
export function connect(config: ApiConfig, logger: Logger, metrics: Metrics) {
  const db = createDatabase(config, logger, metrics, config.SERVICE_INSTANCE);
  const redis = createRedis(config.REDIS_CACHE_URL, config.REDIS_KEY_PREFIX, logger);
  const attachments = createBucket(config, config.S3_BUCKET_ATTACHMENTS, metrics);
  const cache = createCache(redis, logger, metrics);
  const authenticator = createAuthenticator({ db, redis, issuers: trustedIssuers(config), logger, metrics });
  const limit = createRateLimit({ limits: config.RATE_LIMITS, redis, logger, metrics });
  const services: Services = {
    logger,
    db,
    redis,
    cache,
    attachments,
    attachmentLimit: config.ATTACHMENT_LIMIT,
    webhooks: { rules: { allowLoopback: config.WEBHOOK_ALLOW_LOOPBACK }, key: config.WEBHOOK_SECRET_KEY },
    graphql: { introspection: config.GRAPHQL_INTROSPECTION, operations: readManifest(config.GRAPHQL_OPERATIONS_FILE) },
  };
  const checks: Check[] = [
    { name: "postgres-primary", required: true, probe: db.checkPrimary },
    { name: "postgres-replicas", required: false, probe: db.checkReplicas },
    { name: "redis-cache", required: false, probe: () => redis.ping() },
    { name: "storage", required: true, probe: attachments.check },
  ];
  const close = [
    { name: "postgres", run: db.close },
    {
      name: "redis",
      run: () => {
        redis.disconnect();
      },
    },
    { name: "storage", run: attachments.close },
  ];
  return { services, authenticator, limit, checks, close };
}
