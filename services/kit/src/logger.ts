import { pino, type DestinationStream, type Level, type Logger } from "pino";
import { redactLine } from "./logger-redact.ts";
import { requestContext } from "./request-context.ts";
import { traceIds } from "./telemetry.ts";

export type { Logger };

export interface LoggerOptions {
  service: string;
  instance: string;
  level: Level | "silent";
}

/** A JSON logger on stdout, without secrets (logger-redact.ts). Lines written while a request is served carry its `requestId`. */
export function createLogger(options: LoggerOptions, destination?: DestinationStream): Logger {
  const settings = {
    level: options.level,
    base: { service: options.service, instance: options.instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: { streamWrite: redactLine },
    mixin: () => ({ requestId: requestContext.getStore()?.requestId, ...traceIds() }),
  };
  return destination ? pino(settings, destination) : pino(settings);
}
