import { limits } from "../limits.ts";
import type { AlertGroup } from "../lib/alert.ts";

const server = (url: string) => `traefik_service_server_up{cluster="c",service="api@file",url="${url}"}`;

export const gateway: AlertGroup = {
  noun: "gateway",
  alerts: [
    {
      name: "BackendAllDown",
      severity: "page",
      for: "1m",
      expr: "sum by (env, cluster, service) (traefik_service_server_up) == 0",
      summary: "no instance of {{ $labels.service }} is healthy",
      why: "Every request to the service fails.",
      first: [
        "`purlin status`: which instances, and the last probe's answer",
        "`purlin logs {{service}}`, without what follows the @",
        "all services at once: what they share, Postgres or Redis",
        "just deployed? the code before it, and `purlin up`",
      ],
      fires: { series: { [server("a")]: "0x10", [server("b")]: "0x10" }, at: "5m" },
      quiet: { series: { [server("a")]: "0x10", [server("b")]: "1x10" }, at: "5m" },
    },
    {
      name: "BackendDegraded",
      severity: "ticket",
      for: "5m",
      expr: "avg by (env, cluster, service) (traefik_service_server_up) < 1",
      summary: "{{ $labels.service }} has lost an instance",
      why: "Users see nothing yet, but there is no reserve.",
      first: [
        "`purlin status`: restarts and the last probe's answer",
        "`purlin logs {{service}}`, without what follows the @",
      ],
      fires: { series: { [server("a")]: "0x20", [server("b")]: "1x20" }, at: "10m" },
      quiet: { series: { [server("a")]: "1x20", [server("b")]: "1x20" }, at: "10m" },
    },
    {
      name: "CertificateExpiring",
      severity: "ticket",
      for: "1h",
      expr: `min by (env, cluster, sans) (last_over_time(traefik_tls_certs_not_after[15m]) - time()) / 86400 < ${limits.certificateDays.warn}`,
      summary: "the certificate for {{ $labels.sans }} expires in {{ $value }} days",
      why: "Expiry is an outage with a known date.",
      first: ["`purlin up` renews certificates of the local authority"],
      fires: { series: { 'traefik_tls_certs_not_after{sans="localhost"}': "400000x90" }, at: "80m" },
      quiet: { series: { 'traefik_tls_certs_not_after{sans="localhost"}': "9000000x90" }, at: "80m" },
    },
    {
      name: "RoutesMissing",
      severity: "ticket",
      for: "5m",
      expr: "purlin_gateway_routes_expected - on (env, cluster) (count by (env, cluster) (count by (env, cluster, service) (traefik_service_server_up)) or 0 * purlin_gateway_routes_expected) > 0",
      summary: "the gateway serves {{ $value }} routes too few",
      why: "A file with a mistake keeps the old routes, and the gateway has no counter for that.",
      first: ["`purlin logs gateway`: the lines after the last reload", "`purlin up`"],
      fires: { series: { 'purlin_gateway_routes_expected{cluster="c"}': "2x20", [server("a")]: "1x20" }, at: "10m" },
      quiet: { series: { 'purlin_gateway_routes_expected{cluster="c"}': "1x20", [server("a")]: "1x20" }, at: "10m" },
    },
  ],
};
