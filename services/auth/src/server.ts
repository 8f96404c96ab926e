import { readVersion } from "@purlin/kit/config";
import { createInternalServer } from "@purlin/kit/internal-server";
import { createLogger } from "@purlin/kit/logger";
import { createMetrics } from "@purlin/kit/metrics";
import { createReadiness } from "@purlin/kit/readiness";
import { runUntilStopped } from "@purlin/kit/server";
import { startTelemetry } from "@purlin/kit/telemetry-export";
import { createApp } from "./app.ts";
import { readAuthConfig } from "./config.ts";
import { connect } from "./services.ts";

const config = readAuthConfig(process.env);
const logger = createLogger({
  service: config.SERVICE_NAME,
  instance: config.SERVICE_INSTANCE,
  level: config.LOG_LEVEL,
});
const version = readVersion(new URL("../package.json", import.meta.url));
const telemetry = await startTelemetry({
  service: config.SERVICE_NAME,
  instance: config.SERVICE_INSTANCE,
  version,
  settings: config,
  logger,
});
const metrics = createMetrics(config.SERVICE_NAME, version);
const { services, checks, close } = connect(config, logger, metrics);
const readiness = createReadiness(checks);

process.exit(
  await runUntilStopped({
    logger,
    readiness,
    host: config.HOST,
    internal: { server: createInternalServer(readiness, metrics), port: config.INTERNAL_PORT },
    http: { app: createApp(services, { metrics, readiness, version }), port: config.PORT },
    close: [...close, telemetry],
    stopTimeout: config.STOP_TIMEOUT_SECONDS,
  }),
);
