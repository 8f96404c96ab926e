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

/** A JSON logger on stdout, without secrets (logger-redact.ts). Lines written while a request is served say which one and of whom. */
export function createLogger(options: LoggerOptions, destination?: DestinationStream): Logger {
  const settings = {
    level: options.level,
    base: { service: options.service, instance: options.instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: { streamWrite: redactLine },
    mixin: () => {
      const { requestId, subjectId } = requestContext.getStore() ?? {};
      return { requestId, subjectId, ...traceIds() };
    },
  };
  return destination ? pino(settings, destination) : pino(settings);
}
