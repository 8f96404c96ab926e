import { limits } from "./limits.ts";
import type { DashboardSpec } from "./lib/signal.ts";

const requests = "sum by (service) (rate(traefik_service_requests_total{$scope}[$interval]))";
const errors = 'sum by (service) (rate(traefik_service_requests_total{$scope,code=~"5.."}[$interval]))';

export const gateway: DashboardSpec = {
  noun: "gateway",
  title: "Gateway",
  question: "Do requests reach healthy instances, how fast, and with which answers?",
  rows: [
    {
      title: "Health",
      signals: [
        {
          title: "Instances the gateway sends requests to",
          description: "Result of the gateway's own health check of each instance. Down: look at that instance's log.",
          unit: "none",
          show: "states",
          queries: [{ expr: "traefik_service_server_up{$scope}", legend: "{{service}} {{url}}" }],
          limits: { critical: 1, when: "below" },
          words: { "0": "down", "1": "up" },
        },
        {
          title: "Days until a certificate expires",
          description:
            "Expiry is an outage with a known date. `purlin up` renews a certificate of the local authority 30 days before.",
          unit: "d",
          show: "stat",
          queries: [
            { expr: "min by (sans) ((traefik_tls_certs_not_after{$scope} - time()) / 86400)", legend: "{{sans}}" },
          ],
          limits: limits.certificateDays,
        },
        {
          title: "Routes expected and loaded",
          description:
            "Routes of the blueprint against services the gateway has loaded. Fewer loaded: its log says which part of the file it refused.",
          unit: "none",
          show: "stat",
          queries: [
            { expr: "max(purlin_gateway_routes_expected)", legend: "expected" },
            { expr: "count(count by (service) (traefik_service_server_up{$scope}))", legend: "loaded" },
          ],
        },
        {
          title: "Configuration reloads",
          description:
            "Reloads in the last minutes. A steady stream of them means something rewrites the routes again and again.",
          unit: "none",
          show: "stat",
          queries: [{ expr: "changes(traefik_config_reloads_total{$scope}[$interval])", legend: "reloads" }],
        },
      ],
    },
    {
      title: "Requests, errors, duration",
      signals: [
        {
          title: "Requests by service and answer",
          description: "Requests per second by HTTP status. 4xx are the clients' doing, 5xx ours.",
          unit: "reqps",
          show: "stacked",
          queries: [
            {
              expr: "sum by (service, code) (rate(traefik_service_requests_total{$scope}[$interval]))",
              legend: "{{service}} {{code}}",
            },
          ],
        },
        {
          title: "Share of requests that failed",
          description:
            "5xx over all requests as the gateway saw them; it includes instances that could not be reached.",
          unit: "percentunit",
          show: "lines",
          queries: [{ expr: `(${errors} or 0 * ${requests}) / (${requests} > 0)`, legend: "{{service}}" }],
          limits: limits.errorShare,
        },
        {
          title: "Response time through the gateway",
          description: "Median, 95th and 99th percentile by service, without websockets.",
          unit: "s",
          show: "lines",
          queries: [0.5, 0.95, 0.99].map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (service, le) (rate(traefik_service_request_duration_seconds_bucket{$scope,protocol!~"websocket|sse"}[$interval])))`,
            legend: `{{service}} p${quantile * 100}`,
          })),
          limits: limits.latency,
        },
        {
          title: "Time the gateway itself adds",
          description:
            "Mean time at the entry point less mean time in the services. Milliseconds are normal; more means buffering or a starved machine.",
          unit: "s",
          show: "lines",
          queries: [
            {
              expr: 'sum(rate(traefik_entrypoint_request_duration_seconds_sum{$scope,entrypoint="https"}[$interval])) / (sum(rate(traefik_entrypoint_request_duration_seconds_count{$scope,entrypoint="https"}[$interval])) > 0) - sum(rate(traefik_service_request_duration_seconds_sum{$scope}[$interval])) / (sum(rate(traefik_service_request_duration_seconds_count{$scope}[$interval])) > 0)',
              legend: "gateway",
            },
          ],
        },
      ],
    },
    {
      title: "Saturation",
      signals: [
        {
          title: "Open connections",
          description: "Connections by entry point and protocol. Growth without more requests is a client that leaks.",
          unit: "short",
          show: "lines",
          queries: [
            {
              expr: "sum by (entrypoint, protocol) (traefik_open_connections{$scope})",
              legend: "{{entrypoint}} {{protocol}}",
            },
          ],
        },
        {
          title: "Attempts repeated on another instance",
          description: "Requests per second that failed to reach their first instance. Zero in peace.",
          unit: "reqps",
          show: "lines",
          queries: [
            {
              expr: "sum by (service) (rate(traefik_service_retries_total{$scope}[$interval]))",
              legend: "{{service}}",
            },
          ],
          absentWhenHealthy: "the counter appears with the first retry",
        },
        {
          title: "Bytes sent and received",
          description: "Payload bytes per second at the entry points.",
          unit: "Bps",
          show: "lines",
          queries: [
            {
              expr: "sum by (entrypoint) (rate(traefik_entrypoint_responses_bytes_total{$scope}[$interval]))",
              legend: "sent {{entrypoint}}",
            },
            {
              expr: "sum by (entrypoint) (rate(traefik_entrypoint_requests_bytes_total{$scope}[$interval]))",
              legend: "received {{entrypoint}}",
            },
          ],
        },
      ],
    },
  ],
};
