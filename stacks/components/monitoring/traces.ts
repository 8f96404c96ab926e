import { secret, type Input } from "@pulumi/pulumi";
import type { TracesSpec } from "./outputs.ts";

/**
 * OpenTelemetry's own variables, so that a service in any language understands them. Whoever begins a trace decides
 * whether it is kept, and all others follow. https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export function tracesEnv({ endpoint, sampleRatio }: TracesSpec): Record<string, Input<string>> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: secret(endpoint), // may carry a token
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: String(sampleRatio),
  };
}
