import { createAuthenticator } from "@purlin/kit/authenticator";
import { trustedIssuers } from "@purlin/kit/authenticator-settings";
import type { Authenticator } from "@purlin/kit/identity";
import type { Logger } from "@purlin/kit/logger";
import type { Metrics } from "@purlin/kit/metrics";
import { createDatabase, type Database } from "@purlin/kit/postgres";
import { createJobQueues, type JobQueue } from "@purlin/kit/queue";
import { createRateLimit } from "@purlin/kit/rate-limit";
import type { Check } from "@purlin/kit/readiness";
import { createRedis } from "@purlin/kit/redis";
import { createCalendar, type Calendar } from "./calendar/calendar.ts";
import { createCalendarClient } from "./calendar/client.ts";
import type { WorkerConfig } from "./config.ts";
import type { NewJob } from "./jobs/kind.ts";
import { startWorker } from "./jobs/worker.ts";
import { allKinds } from "./kinds.ts";

/** What the routes work with. */
export interface Services {
  logger: Logger;
  db: Database;
  authenticator: Authenticator;
  calendar: Calendar;
  /** Queues jobs whose rows are committed. */
  queue: (jobs: readonly NewJob[]) => Promise<void>;
  queues: readonly JobQueue[];
}

/** Of the time the worker has to stop, the share running jobs get to finish before they are handed back. */
const finishShare = 0.4;

/** Connects to everything the service needs and starts its work; gives the checks that watch it and the way to let go of it. */
export function connect(config: WorkerConfig, logger: Logger, metrics: Metrics) {
  const db = createDatabase(config, logger, metrics, config.SERVICE_INSTANCE);
  const redis = createRedis(config.REDIS_CACHE_URL, config.REDIS_KEY_PREFIX, logger);
  const lockTime = config.QUEUE_LOCK_SECONDS * 1_000;
  const queues = createJobQueues(config.REDIS_QUEUE_URL, config.REDIS_KEY_PREFIX, logger, lockTime);
  const authenticator = createAuthenticator({ db, redis, issuers: trustedIssuers(config), logger, metrics });
  const limit = createRateLimit({ limits: config.RATE_LIMITS, redis, logger, metrics });
  const client = config.CALENDAR_URL === undefined ? undefined : createCalendarClient(config.CALENDAR_URL, metrics);
  const calendar = createCalendar({ db, logger, country: config.CALENDAR_COUNTRY, client });
  const worker = startWorker({
    kinds: allKinds(config, db, metrics, calendar),
    ...{ db, settings: config, queues, logger, metrics },
    finishTime: config.STOP_TIMEOUT_SECONDS * 1_000 * finishShare,
  });

  const services: Services = { logger, db, authenticator, calendar, queue: worker.queue, queues: worker.queues };
  const checks: Check[] = [
    { name: "postgres-primary", required: true, probe: db.checkPrimary },
    { name: "postgres-replicas", required: false, probe: db.checkReplicas },
    { name: "redis-queue", required: true, probe: queues.ping },
    { name: "redis-cache", required: false, probe: () => redis.ping() },
  ];
  const close = [
    { name: "jobs", run: worker.stop },
    { name: "queues", run: queues.close },
    { name: "postgres", run: db.close },
    {
      name: "redis",
      run: () => {
        redis.disconnect();
      },
    },
  ];
  return { services, limit, checks, close };
}
