import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { z } from "zod";

/** A span as a collector gets it. */
export interface CollectedSpan {
  service: string;
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  failed: boolean;
  attributes: Record<string, unknown>;
}

/** Takes traces over OTLP/HTTP and keeps them. */
export interface TraceCollector extends AsyncDisposable {
  /** OTEL_EXPORTER_OTLP_ENDPOINT */
  url: string;
  spans: CollectedSpan[];
}

const attributes = z
  .array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) }))
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]])));

const span = z.object({
  name: z.string(),
  kind: z.number(),
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().default(""),
  attributes,
  status: z.object({ code: z.number().default(0) }),
});

const request = z.object({
  resourceSpans: z.array(
    z.object({ resource: z.object({ attributes }), scopeSpans: z.array(z.object({ spans: z.array(span) })) }),
  ),
});

export async function startTraceCollector(): Promise<TraceCollector> {
  const spans: CollectedSpan[] = [];
  const server = createServer((incoming, response) => {
    void text(incoming).then((body) => {
      for (const { resource, scopeSpans } of request.parse(JSON.parse(body)).resourceSpans) {
        const service = String(resource.attributes["service.name"]);
        for (const { status, ...rest } of scopeSpans.flatMap((scope) => scope.spans)) {
          spans.push({ ...rest, service, failed: status.code === 2 });
        }
      }
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
