import { pino, type DestinationStream, type Level, type Logger } from "pino";
import { requestContext } from "./request-context.ts";
import { traceIds } from "./telemetry.ts";

export type { Logger };

/** Fields whose value never reaches a log, at the top and one level down (headers, settings). */
const secrets = ["authorization", "cookie", "set-cookie", "password", "secret", "token", "secretAccessKey"];

export interface LoggerOptions {
  service: string;
  instance: string;
  level: Level | "silent";
}

/** A JSON logger on stdout. Lines written while a request is served carry its `requestId`. */
export function createLogger(options: LoggerOptions, destination?: DestinationStream): Logger {
  const settings = {
    level: options.level,
    base: { service: options.service, instance: options.instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: secrets.flatMap((name) => [`["${name}"]`, `*["${name}"]`]), censor: "[redacted]" },
    mixin: () => ({ requestId: requestContext.getStore()?.requestId, ...traceIds() }),
  };
  return destination ? pino(settings, destination) : pino(settings);
}
