import type { z } from "zod";
import type { serviceEnv } from "./config.ts";
import { readVersion } from "./config.ts";
import { createLogger, type Logger } from "./logger.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { startTelemetry, type Telemetry } from "./telemetry-export.ts";

type Settings = z.output<z.ZodObject<typeof serviceEnv>>;

/** What tells of a process from its first line on. */
export interface Observed {
  logger: Logger;
  metrics: Metrics;
  telemetry: Telemetry;
  version: string;
}

/** Begins the log, the traces and the metrics of an instance. `manifest`: package.json of its service. */
export async function observe(settings: Settings, manifest: URL): Promise<Observed> {
  const { SERVICE_NAME: service, SERVICE_INSTANCE: instance, LOG_LEVEL: level } = settings;
  const version = readVersion(manifest);
  const logger = createLogger({ service, instance, level });
  const telemetry = await startTelemetry({ service, instance, version, settings, logger });
  return { logger, metrics: createMetrics(service, version), telemetry, version };
}
