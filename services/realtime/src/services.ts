import { createAuthenticator } from "@purlin/kit/authenticator";
import { trustedIssuers } from "@purlin/kit/authenticator-settings";
import { listen } from "@purlin/kit/listener";
import type { Logger } from "@purlin/kit/logger";
import type { Metrics } from "@purlin/kit/metrics";
import { createDatabase } from "@purlin/kit/postgres";
import type { Check } from "@purlin/kit/readiness";
import { createRedis } from "@purlin/kit/redis";
import type { RealtimeConfig } from "./config.ts";
import { createRealtimeMetrics } from "./metrics.ts";
import { createRealtime } from "./realtime.ts";
import { createStreamsAdapter } from "./redis.ts";
import { startSequencer } from "./sequencer.ts";

/** Connects to everything the service needs; gives the sockets, the checks that watch it all and the way to let go. */
export function connect(config: RealtimeConfig, logger: Logger, metrics: Metrics) {
  const db = createDatabase(config, logger, metrics, config.SERVICE_INSTANCE);
  const redis = createRedis(config.REDIS_CACHE_URL, config.REDIS_KEY_PREFIX, logger);
  const streams = createStreamsAdapter(config.REDIS_CACHE_URL, config.REDIS_KEY_PREFIX, logger);
  const authenticator = createAuthenticator({ db, redis, issuers: trustedIssuers(config), logger, metrics });
  const realtime = createRealtime({
    config,
    db,
    redis,
    adapter: streams.adapter,
    authenticator,
    metrics: (connections) => createRealtimeMetrics(metrics, connections),
    logger,
  });
  const sequencer = startSequencer({ db, settings: config, logger, metrics });
  const listener = listen(config, "feed", logger, realtime.feed.wake);
  const checks: Check[] = [
    { name: "postgres-primary", required: true, probe: db.checkPrimary },
    { name: "postgres-replicas", required: false, probe: db.checkReplicas },
    { name: "redis-cache", required: false, probe: () => redis.ping() },
  ];
  const close = [
    { name: "sockets", run: realtime.close },
    { name: "sequencer", run: sequencer.stop },
    { name: "listener", run: listener.stop },
    { name: "postgres", run: db.close },
    {
      name: "redis",
      run: () => {
        streams.close();
        redis.disconnect();
      },
    },
  ];
  return { connections: realtime.connections, checks, close };
}
