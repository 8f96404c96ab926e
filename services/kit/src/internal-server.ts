import { createServer, type Server, type ServerResponse } from "node:http";
import type { Metrics } from "./metrics.ts";
import type { Readiness } from "./readiness.ts";

/**
 * The server on INTERNAL_PORT, never behind the gateway: `/livez` (the process answers), `/readyz` (every dependency
 * by name; 503 unless ready or merely degraded), `/metrics`.
 */
export function createInternalServer(readiness: Readiness, metrics: Metrics): Server {
  return createServer((request, response) => {
    void answer(request.url ?? "/", response, readiness, metrics).catch((error: unknown) => {
      send(response, 500, "text/plain", error instanceof Error ? error.message : String(error));
    });
  });
}

async function answer(url: string, response: ServerResponse, readiness: Readiness, metrics: Metrics): Promise<void> {
  switch (url.split("?", 1)[0]) {
    case "/livez":
      send(response, 200, "application/json", '{"status":"alive"}');
      return;
    case "/readyz": {
      const report = await readiness.report();
      const status = report.status === "ready" || report.status === "degraded" ? 200 : 503;
      send(response, status, "application/json", JSON.stringify(report));
      return;
    }
    case "/metrics":
      send(response, 200, metrics.registry.contentType, await metrics.registry.metrics());
      return;
    default:
      send(response, 404, "text/plain", "not found");
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body);
}
