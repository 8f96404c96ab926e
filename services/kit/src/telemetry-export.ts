import { diag, DiagLogLevel } from "@opentelemetry/api";
import { z } from "zod";
import type { Logger } from "./logger.ts";
import { startTracing } from "./telemetry.ts";

export const telemetryEnv = {
  /** Where traces go (OTLP over HTTP); absent: none are made. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  /** Share of traces that are kept. */
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
};

export interface TelemetryOptions {
  service: string;
  instance: string;
  version: string;
  settings: z.output<z.ZodObject<typeof telemetryEnv>>;
  logger: Logger;
}

/** Traces of this process on their way out, as one of the things to close at the end: what is left is sent. */
export interface Telemetry {
  name: "telemetry";
  run: () => Promise<void>;
}

/**
 * Starts making traces and sending them; without an endpoint nothing is loaded, and nothing is done. Once a process, before it
 * serves. A collector that is away costs traces and nothing else.
 */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: ratio } = options.settings;
  if (endpoint === undefined) return { name: "telemetry", run: () => Promise.resolve() };
  const [{ W3CTraceContextPropagator }, { OTLPTraceExporter }, { resourceFromAttributes }, sdk] = await Promise.all([
    import("@opentelemetry/core"),
    import("@opentelemetry/exporter-trace-otlp-http"),
    import("@opentelemetry/resources"),
    import("@opentelemetry/sdk-trace-node"),
  ]);
  report(options.logger);
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, "")}/v1/traces`, timeoutMillis: 5_000 });
  const byTrace = new sdk.TraceIdRatioBasedSampler(ratio);
  const provider = new sdk.NodeTracerProvider({
    resource: resourceFromAttributes({
      "service.name": options.service,
      "service.instance.id": options.instance,
      "service.version": options.version,
    }),
    // a client may say which trace it belongs to, but not that it is kept: that goes by the id, alike in all services
    sampler: new sdk.ParentBasedSampler({ root: byTrace, remoteParentSampled: byTrace }),
    spanProcessors: [new sdk.BatchSpanProcessor(exporter, { scheduledDelayMillis: 1_000 })],
  });
  provider.register({ propagator: new W3CTraceContextPropagator() });
  startTracing();
  return { name: "telemetry", run: () => provider.shutdown() };
}

/** What the SDK has to complain about goes to our log. */
function report(logger: Logger): void {
  const warn = (message: string) => logger.warn({ telemetry: message }, "traces cannot be sent");
  const nothing = () => undefined;
  const quiet = { info: nothing, debug: nothing, verbose: nothing };
  diag.setLogger({ error: warn, warn, ...quiet }, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}
