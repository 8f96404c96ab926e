import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createApp } from "@purlin/kit/http";
import { createLogger } from "@purlin/kit/logger";
import { createMetrics } from "@purlin/kit/metrics";
import { emit } from "@purlin/kit/outbox";
import { createDatabase as connect } from "@purlin/kit/postgres";
import { createReadiness } from "@purlin/kit/readiness";
import { route } from "@purlin/kit/route";
import { continueTrace, continueTraceNow, inSpan, traceHeaders, traceParent } from "@purlin/kit/telemetry";
import { startTelemetry, type Telemetry } from "@purlin/kit/telemetry-export";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { serviceUrl } from "./databases.ts";
import { eventually, startDaemons, type Daemons } from "./daemons.ts";
import { prepareAccess } from "./kit-world.ts";
import { startTraceCollector, type CollectedSpan, type TraceCollector } from "../harness/trace-collector.ts";

const release = new AsyncDisposableStack();
const lines: Record<string, unknown>[] = [];
const logger = createLogger(
  { service: "orders", instance: "orders-1", level: "info" },
  { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
);
const organisation = "0198c0de-0000-7000-8000-000000000001";
let daemons: Daemons;
let collector: TraceCollector;
let telemetry: Telemetry;
let url: string;

beforeAll(async () => {
  daemons = await startDaemons(["storage", "replica", "redis"]);
  release.defer(daemons.stop);
  await prepareAccess(daemons);
  collector = release.use(await startTraceCollector());
  url = await startApp();
});

afterAll(() => release.disposeAsync());

async function startApp(): Promise<string> {
  const metrics = createMetrics("orders", "1.2.3");
  const nodes = { POSTGRES_PRIMARY_URL: serviceUrl(daemons, "app"), POSTGRES_REPLICA_URLS: [] };
  const db = connect(nodes, logger, metrics, "orders");
  release.defer(db.close);
  const definition = {
    tag: "Test",
    summary: "A test",
    access: "public",
    responses: { 204: { description: "Done" } },
  } as const;
  const app = createApp({
    logger,
    metrics,
    readiness: createReadiness([]),
    jsonLimit: 1024,
    routes: [
      route({
        ...definition,
        method: "post",
        path: "/orders/:id",
        operationId: "createOrder",
        params: z.object({ id: z.string() }),
        handle: async ({ params }) => {
          const event = {
            organisationId: organisation,
            type: "order.created",
            entityId: organisation,
            payload: params,
          };
          await db.write((query) => emit(query, event), { organisation });
          return { status: 204 };
        },
      }),
      route({
        ...definition,
        method: "get",
        path: "/broken",
        operationId: "break",
        handle: async () => {
          await db.readPrimary("SELECT 1 / 0");
          return { status: 204 };
        },
      }),
    ],
  });
  const server = createServer(app);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  release.defer(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An id of a trace that is kept at a ratio of one half, or not: the SDK compares the exclusive or of its words. */
function traceId(kept = true): string {
  const words = Array.from({ length: 3 }, () => randomBytes(4).readUInt32BE());
  const last = words.reduce((sum, word) => sum ^ word, kept ? 0x10000000 : 0xf0000000);
  return [...words, last].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

const parent = (trace: string) => `00-${trace}-00f067aa0ba902b7-01`;

/** The spans of a trace, once there are `count`. */
const spansOf = (trace: string, count: number) =>
  eventually(() => {
    const spans = collector.spans.filter((span) => span.traceId === trace);
    return spans.length >= count ? Promise.resolve(spans) : Promise.reject(new Error(`${spans.length} spans so far`));
  });

const named = (spans: CollectedSpan[], name: string) => {
  const found = spans.find((span) => span.name === name);
  if (!found) throw new Error(`no span ${name} among ${spans.map((span) => span.name).join(", ")}`);
  return found;
};

async function lastTraceParent(): Promise<unknown> {
  const [row] = await daemons.sqlIn("app", "SELECT trace_parent FROM platform.outbox ORDER BY id DESC LIMIT 1");
  return row?.["trace_parent"];
}

test("without an endpoint nothing is traced, and nothing changes", async () => {
  const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: undefined, OTEL_TRACES_SAMPLER_ARG: 1 };
  const none = await startTelemetry({ service: "orders", instance: "orders-1", version: "1.2.3", settings, logger });
  const answer = await fetch(`${url}/orders/1`, { method: "POST", headers: { traceparent: parent(traceId()) } });
  expect(answer.status).toBe(204);
  expect(await lastTraceParent()).toBeNull();
  expect(await continueTrace(parent(traceId()), "job", {}, () => Promise.resolve(traceHeaders()))).toEqual({});
  expect(lines.at(-1)).not.toHaveProperty("traceId");
  await none.run();
});

describe("with an endpoint", () => {
  beforeAll(async () => {
    const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: 0.5 };
    telemetry = await startTelemetry({ service: "orders", instance: "orders-1", version: "1.2.3", settings, logger });
  });

  test("a request, what it asks of Postgres, and the work it leaves behind are one trace", async () => {
    const trace = traceId();
    const answer = await fetch(`${url}/orders/secret-number`, {
      method: "POST",
      headers: { traceparent: parent(trace) },
    });
    expect(answer.status).toBe(204);
    const carried = await lastTraceParent();
    expect(carried).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
    await continueTrace(String(carried), "job order.created", { "job.id": 1 }, async () => {
      expect(traceHeaders().traceparent).toContain(trace);
      await inSpan("webhook", {}, () => Promise.resolve());
    });
    continueTraceNow(String(carried), "socket emit", {}, () => expect(traceParent()).toContain(trace));

    const spans = await spansOf(trace, 6);
    const server = named(spans, "POST /orders/:id");
    expect(server).toMatchObject({
      service: "orders",
      kind: 2,
      parentSpanId: "00f067aa0ba902b7",
      failed: false,
      attributes: { "http.route": "/orders/:id", "http.response.status_code": 204 },
    });
    const postgres = named(spans, "postgres");
    expect(postgres.parentSpanId).toBe(server.spanId);
    const query = named(spans, "query");
    expect(query.parentSpanId).toBe(postgres.spanId);
    expect(query.attributes["db.query.text"]).toContain("INSERT INTO platform.outbox");
    expect(named(spans, "job order.created").parentSpanId).toBe(String(carried).split("-")[2]);
    expect(named(spans, "socket emit").parentSpanId).toBe(String(carried).split("-")[2]);
    expect(named(spans, "webhook").parentSpanId).toBe(named(spans, "job order.created").spanId);
    expect(JSON.stringify(spans)).not.toContain("secret-number");
    expect(lines.at(-1)).toMatchObject({ msg: "request", route: "/orders/:id", traceId: trace });
  });

  test("what fails is marked, without the values that made it fail", async () => {
    const trace = traceId();
    expect((await fetch(`${url}/broken`, { headers: { traceparent: parent(trace) } })).status).toBe(500);
    const spans = await spansOf(trace, 3);
    expect(spans.map(({ name, failed }) => [name, failed]).sort()).toEqual([
      ["GET /broken", true],
      ["postgres", true],
      ["query", true],
    ]);
  });

  test("a client cannot have its trace kept; the ratio goes by the trace's id, alike everywhere", async () => {
    const [dropped, kept] = [traceId(false), traceId(true)];
    for (const trace of [dropped, kept])
      await fetch(`${url}/orders/1`, { method: "POST", headers: { traceparent: parent(trace) } });
    await spansOf(kept, 3);
    expect(collector.spans.filter((span) => span.traceId === dropped)).toEqual([]);
  });

  test.each([
    "",
    "garbage",
    "00-0-0-01",
    `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
    `ff-${traceId()}-00f067aa0ba902b7-01`,
  ])("a traceparent that is none begins a trace of our own: %s", async (traceparent) => {
    expect((await fetch(`${url}/orders/1`, { method: "POST", headers: { traceparent } })).status).toBe(204);
    const carried = await lastTraceParent();
    expect(carried).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    if (traceparent.length > 40) expect(carried).not.toContain(traceparent.slice(3, 35));
  });

  test("outside a trace there is none to carry", () => {
    expect(traceParent()).toBeUndefined();
  });

  test("what is left is sent on the way out", async () => {
    const trace = traceId();
    await continueTrace(parent(trace), "last words", {}, () => Promise.resolve());
    await telemetry.run();
    expect(collector.spans.filter((span) => span.traceId === trace)).toHaveLength(1);
  });
});
