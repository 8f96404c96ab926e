import { readConfig } from "@purlin/kit/config";
import { createInternalServer } from "@purlin/kit/internal-server";
import { observe } from "@purlin/kit/observe";
import { createReadiness } from "@purlin/kit/readiness";
import { runUntilStopped } from "@purlin/kit/server";
import { createApp } from "./app.ts";
import { boardSettings } from "./board/board.ts";
import { workerConfig } from "./config.ts";
import { connect } from "./services.ts";

const config = readConfig(workerConfig, process.env);
const { logger, metrics, telemetry, version } = await observe(config, new URL("../package.json", import.meta.url));
const { services, limit, checks, close } = connect(config, logger, metrics);
const readiness = createReadiness(checks);
const url = config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`;
const app = createApp(services, { metrics, readiness, limit, board: boardSettings(config), url, version });

process.exit(
  await runUntilStopped({
    logger,
    readiness,
    host: config.HOST,
    internal: { server: createInternalServer(readiness, metrics), port: config.INTERNAL_PORT },
    http: { app, port: config.PORT },
    close: [...close, telemetry],
    stopTimeout: config.STOP_TIMEOUT_SECONDS,
  }),
);
