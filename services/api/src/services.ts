import { createCache, type Cache } from "@purlin/kit/cache";
import type { Logger } from "@purlin/kit/logger";
import type { Metrics } from "@purlin/kit/metrics";
import { createDatabase, type Database } from "@purlin/kit/postgres";
import type { Check } from "@purlin/kit/readiness";
import { createRedis } from "@purlin/kit/redis";
import { createBucket, type Bucket } from "@purlin/kit/storage";
import type { ApiConfig } from "./config.ts";

/** What the routes work with. */
export interface Services {
  logger: Logger;
  db: Database;
  cache: Cache;
  attachments: Bucket;
  attachmentLimit: number;
}

/** Connects to everything the service needs; gives the checks that watch it and the way to let go of it. */
export function connect(config: ApiConfig, logger: Logger, metrics: Metrics) {
  const db = createDatabase(config, logger, metrics, config.SERVICE_INSTANCE);
  const redis = createRedis(config.REDIS_CACHE_URL, config.REDIS_KEY_PREFIX, logger);
  const attachments = createBucket(config, config.S3_BUCKET_ATTACHMENTS, metrics);
  const cache = createCache(redis, logger, metrics);
  const services: Services = { logger, db, cache, attachments, attachmentLimit: config.ATTACHMENT_LIMIT };
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
  return { services, checks, close };
}
