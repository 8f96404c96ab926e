import { limits } from "./limits.ts";
import type { DashboardSpec } from "./lib/signal.ts";
import { forecast } from "./product/forecast.ts";
import { jobs } from "./product/jobs.ts";
import { realtime } from "./product/realtime.ts";
import { signIn } from "./product/sign-in.ts";

const count = "rate(http_request_duration_seconds_count{$scope}[$interval])";

export const services: DashboardSpec = {
  noun: "services",
  title: "Services",
  question: "Which service, route or dependency is slow or failing, and has it room to breathe?",
  rows: [
    {
      title: "Rate, errors, duration",
      signals: [
        {
          title: "Instances that answer",
          description: "Whether each instance's metrics page answers. Down: `purlin logs <service>`.",
          unit: "none",
          show: "states",
          queries: [{ expr: 'up{$scope,component="services"}', legend: "{{instance}}" }],
          limits: { critical: 1, when: "below" },
          words: { "0": "down", "1": "up" },
        },
        {
          title: "Requests by route",
          description: "Requests per second by route template.",
          unit: "reqps",
          show: "stacked",
          queries: [{ expr: `sum by (service, method, route) (${count})`, legend: "{{service}} {{method}} {{route}}" }],
        },
        {
          title: "Share of requests that failed",
          description: "5xx over all requests by service.",
          unit: "percentunit",
          show: "lines",
          queries: [
            {
              expr: `(sum by (service) (rate(http_request_duration_seconds_count{$scope,status=~"5.."}[$interval])) or 0 * sum by (service) (${count})) / (sum by (service) (${count}) > 0)`,
              legend: "{{service}}",
            },
          ],
          limits: limits.errorShare,
        },
        {
          title: "Response time",
          description: "Median, 95th and 99th percentile by service.",
          unit: "s",
          show: "lines",
          queries: [0.5, 0.95, 0.99].map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (service, le) (rate(http_request_duration_seconds_bucket{$scope}[$interval])))`,
            legend: `{{service}} p${quantile * 100}`,
          })),
          limits: limits.latency,
        },
        {
          title: "Slowest routes",
          description: "95th percentile of the ten slowest routes.",
          unit: "s",
          show: "table",
          queries: [
            {
              expr: "topk(10, histogram_quantile(0.95, sum by (service, method, route, le) (rate(http_request_duration_seconds_bucket{$scope}[$interval]))))",
              legend: "{{service}} {{method}} {{route}}",
            },
          ],
        },
        {
          title: "Requests over a limit",
          description: "Requests per second answered 429 by a service, by kind of route: somebody asks too often.",
          unit: "reqps",
          show: "lines",
          queries: [
            {
              expr: "sum by (instance, kind) (rate(rate_limited_requests_total{$scope}[$interval]))",
              legend: "{{instance}} {{kind}}",
            },
          ],
          absentWhenHealthy: "the series appears with the first request that is refused",
        },
        {
          title: "Instances by version",
          description: "Two versions of one service outside a rollout are a rollout that stopped half way.",
          unit: "none",
          show: "table",
          queries: [
            { expr: "count by (service, version) (purlin_build_info{$scope})", legend: "{{service}} {{version}}" },
          ],
        },
      ],
    },
    {
      title: "Dependencies",
      signals: [
        {
          title: "Calls to dependencies",
          description: "Calls per second to Postgres, Redis and storage, by result.",
          unit: "ops",
          show: "stacked",
          queries: [
            {
              expr: "sum by (service, target, result) (rate(dependency_request_duration_seconds_count{$scope}[$interval]))",
              legend: "{{service}} {{target}} {{result}}",
            },
          ],
        },
        {
          title: "Time in dependencies, 95th percentile",
          description: "Where a slow request spends its time.",
          unit: "s",
          show: "lines",
          queries: [
            {
              expr: "histogram_quantile(0.95, sum by (service, target, le) (rate(dependency_request_duration_seconds_bucket{$scope}[$interval])))",
              legend: "{{service}} {{target}}",
            },
          ],
        },
        {
          title: "Requests that wait for a database connection",
          description: "More than zero for minutes: the pool is too small or a query holds its connections.",
          unit: "short",
          show: "lines",
          queries: [{ expr: "sum by (instance) (pg_pool_waiting_count{$scope})", legend: "{{instance}}" }],
          limits: { critical: 1 },
        },
        {
          title: "Database connections in use",
          description: "Connections taken from each instance's pools.",
          unit: "short",
          show: "lines",
          queries: [
            {
              expr: "sum by (instance) (pg_pool_total_count{$scope} - pg_pool_idle_count{$scope})",
              legend: "{{instance}}",
            },
          ],
        },
      ],
    },
    {
      title: "Runtime",
      signals: [
        {
          title: "Event loop lag, 99th percentile",
          description:
            "Seconds a callback waits. Above the line every request of that instance is late: take a CPU profile.",
          unit: "s",
          show: "lines",
          queries: [{ expr: "nodejs_eventloop_lag_p99_seconds{$scope}", legend: "{{instance}}" }],
          limits: limits.eventLoopLag,
        },
        {
          title: "Event loop in use",
          description: "Share of time the loop is busy. At 0.9 with low lag this is the last warning.",
          unit: "percentunit",
          show: "lines",
          queries: [{ expr: "purlin_nodejs_eventloop_utilization_ratio{$scope}", legend: "{{instance}}" }],
        },
        {
          title: "Heap against its limit",
          description: "Share of V8's heap limit. At the line the process is about to die.",
          unit: "percentunit",
          show: "lines",
          queries: [
            {
              expr: "nodejs_heap_size_used_bytes{$scope} / purlin_nodejs_heap_size_limit_bytes{$scope}",
              legend: "{{instance}}",
            },
          ],
          limits: limits.heap,
        },
        {
          title: "Memory",
          description: "Resident bytes of each process.",
          unit: "bytes",
          show: "lines",
          queries: [{ expr: 'process_resident_memory_bytes{$scope,component="services"}', legend: "{{instance}}" }],
        },
        {
          title: "CPU",
          description: "Cores each instance uses. Node runs one: near 1 means add instances.",
          unit: "short",
          show: "lines",
          queries: [
            { expr: 'rate(process_cpu_seconds_total{$scope,component="services"}[$interval])', legend: "{{instance}}" },
          ],
        },
        {
          title: "Garbage collection",
          description: "Share of time spent collecting, by kind.",
          unit: "percentunit",
          show: "lines",
          queries: [
            {
              expr: "sum by (instance, kind) (rate(nodejs_gc_duration_seconds_sum{$scope}[$interval]))",
              legend: "{{instance}} {{kind}}",
            },
          ],
        },
      ],
    },
    signIn,
    jobs,
    realtime,
    forecast,
  ],
};
