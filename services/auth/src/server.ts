import { createInternalServer } from "@purlin/kit/internal-server";
import { observe } from "@purlin/kit/observe";
import { createReadiness } from "@purlin/kit/readiness";
import { runUntilStopped } from "@purlin/kit/server";
import { createApp } from "./app.ts";
import { readAuthConfig } from "./config.ts";
import { connect } from "./services.ts";

const config = readAuthConfig(process.env);
const { logger, metrics, telemetry, version } = await observe(config, new URL("../package.json", import.meta.url));
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
