import type { GatewaySpec } from "./outputs.ts";

export interface GatewayPorts {
  http: number;
  https: number;
  /** /ping and /metrics, on loopback. */
  internal: number;
}

/** Upper bounds in seconds. The objectives of the alerts are among them, so that shares are counted, not guessed. */
const latencyBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10, 30];

/** Seconds that requests in flight have to end after SIGTERM. */
export const graceSeconds = 10;

/**
 * What Traefik reads once, at start: listeners, log, metrics, and where the routes are.
 * https://doc.traefik.io/traefik/reference/install-configuration/configuration-options/
 */
export function staticConfig(spec: GatewaySpec, ports: GatewayPorts, routesFile: string) {
  // A name of its own means clients from other machines; localhost is for this one alone.
  const interfaces = spec.domain === "localhost" ? "127.0.0.1" : "";
  const transport = {
    lifeCycle: { graceTimeOut: `${graceSeconds}s` },
    // A slow sender of a request is cut off; a response may be a stream without end.
    respondingTimeouts: { readTimeout: "60s", writeTimeout: "0s", idleTimeout: "180s" },
  };
  return {
    global: { checkNewVersion: false, sendAnonymousUsage: false },
    entryPoints: {
      http: {
        address: `${interfaces}:${ports.http}`,
        transport,
        http: { redirections: { entryPoint: { to: "https", scheme: "https", permanent: true } } },
      },
      https: {
        address: `${interfaces}:${ports.https}`,
        asDefault: true,
        transport,
        http: { tls: {}, maxHeaderBytes: 65_536 },
      },
      internal: { address: `127.0.0.1:${ports.internal}` },
    },
    providers: { file: { filename: routesFile, watch: true } },
    serversTransport: { forwardingTimeouts: { dialTimeout: "2s", idleConnTimeout: "90s" } },
    ping: { entryPoint: "internal" },
    metrics: {
      prometheus: {
        entryPoint: "internal",
        addEntryPointsLabels: true,
        addRoutersLabels: true,
        addServicesLabels: true,
        buckets: latencyBuckets,
      },
    },
    log: { level: "INFO", format: "json" },
    accessLog: {
      format: "json",
      // Every failure and every slow or retried request; the rest is in the metrics.
      filters: { statusCodes: ["400-599"], retryAttempts: true, minDuration: "1s" },
      fields: { headers: { defaultMode: "drop", names: { "User-Agent": "keep", "X-Request-Id": "keep" } } },
    },
  };
}
