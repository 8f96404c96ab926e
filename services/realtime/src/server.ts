import { readConfig } from "@purlin/kit/config";
import { createInternalServer } from "@purlin/kit/internal-server";
import { observe } from "@purlin/kit/observe";
import { createReadiness } from "@purlin/kit/readiness";
import { runUntilStopped } from "@purlin/kit/server";
import { createApp } from "./app.ts";
import { realtimeConfig } from "./config.ts";
import { connect } from "./services.ts";

const config = readConfig(realtimeConfig, process.env);
const { logger, metrics, telemetry } = await observe(config, new URL("../package.json", import.meta.url));
const { connections, checks, close } = connect(config, logger, metrics);
const readiness = createReadiness(checks);

process.exit(
  await runUntilStopped({
    logger,
    readiness,
    host: config.HOST,
    internal: { server: createInternalServer(readiness, metrics), port: config.INTERNAL_PORT },
    http: { app: createApp({ logger, metrics, readiness }), port: config.PORT, connections },
    close: [...close, telemetry],
    stopTimeout: config.STOP_TIMEOUT_SECONDS,
  }),
);
