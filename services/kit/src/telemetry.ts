import {
  context,
  defaultTextMapGetter,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
} from "@opentelemetry/api";

/*
 * Traces, as the code that is traced sees them: only the API is here, which does nothing until telemetry-export.ts has
 * started an SDK.
 */
let started = false;

/** An SDK is there: from now on spans are made. Until then none of this costs anything. */
export function startTracing(): void {
  started = true;
}

const tracer = trace.getTracer("@purlin/kit");

/** `traceparent` of the current span (W3C Trace Context), to carry it where no header goes; undefined outside a trace. */
export function traceParent(): string | undefined {
  const span = trace.getSpan(context.active())?.spanContext();
  if (!span || !isSpanContextValid(span)) return undefined;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, "0")}`;
}

/** The header that makes what a request causes elsewhere part of this trace; none outside one. */
export function traceHeaders(): { traceparent?: string } {
  const traceparent = traceParent();
  return traceparent === undefined ? {} : { traceparent };
}

/** For log lines: what finds the trace they belong to. */
export function traceIds(): { traceId?: string; spanId?: string } {
  const span = trace.getSpan(context.active())?.spanContext();
  return span && isSpanContextValid(span) ? { traceId: span.traceId, spanId: span.spanId } : {};
}

/** Runs `work` as a step of the current trace; outside one it just runs. */
export function inSpan<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  if (!started || !trace.getSpan(context.active())) return work();
  return run(tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }), work);
}

/**
 * Runs `work` as part of the trace that `parent` carries (a `traceparent`), however much later and wherever that is;
 * without one it begins a trace of its own.
 */
export function continueTrace<T>(
  parent: string | null | undefined,
  name: string,
  attributes: Attributes,
  work: () => Promise<T>,
): Promise<T> {
  if (!started) return work();
  const span = tracer.startSpan(name, { kind: SpanKind.CONSUMER, attributes }, contextOf(parent ?? undefined));
  return run(span, work);
}

/** The same for work that is done at once. */
export function continueTraceNow(
  parent: string | null | undefined,
  name: string,
  attributes: Attributes,
  work: () => void,
): void {
  if (!started) {
    work();
    return;
  }
  const span = tracer.startSpan(name, { kind: SpanKind.CONSUMER, attributes }, contextOf(parent ?? undefined));
  try {
    context.with(trace.setSpan(context.active(), span), work);
  } finally {
    span.end();
  }
}

/** A request being served. */
export interface ServerSpan {
  /** Runs `work` inside the span. */
  within: <T>(work: () => T) => T;
  /** `route` is the template, which is only known in the end. */
  end: (route: string, status: number) => void;
}

/** Begins the span of a request that came with `parent`, its `traceparent` header. */
export function startServerSpan(method: string, parent: string | undefined): ServerSpan {
  if (!started) return untraced;
  const attributes = { "http.request.method": method };
  const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, contextOf(parent));
  return {
    within: (work) => context.with(trace.setSpan(context.active(), span), work),
    end: (route, status) => {
      span.updateName(`${method} ${route}`);
      span.setAttributes({ "http.route": route, "http.response.status_code": status });
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

const untraced: ServerSpan = { within: (work) => work(), end: () => undefined };

function contextOf(traceparent: string | undefined): Context {
  return propagation.extract(ROOT_CONTEXT, { traceparent }, defaultTextMapGetter);
}

async function run<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await context.with(trace.setSpan(context.active(), span), work);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : "error" });
    throw error;
  } finally {
    span.end();
  }
}
