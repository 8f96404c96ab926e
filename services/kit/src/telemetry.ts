import { context, isSpanContextValid, trace } from "@opentelemetry/api";

/** `traceparent` of the current span (W3C Trace Context), to carry it where no header goes; undefined outside a trace. */
export function traceParent(): string | undefined {
  const span = trace.getSpan(context.active())?.spanContext();
  if (!span || !isSpanContextValid(span)) return undefined;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, "0")}`;
}

/** For log lines: what finds the trace they belong to. */
export function traceIds(): { traceId?: string; spanId?: string } {
  const span = trace.getSpan(context.active())?.spanContext();
  return span && isSpanContextValid(span) ? { traceId: span.traceId, spanId: span.spanId } : {};
}
