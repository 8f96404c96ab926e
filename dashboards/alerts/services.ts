import { limits } from "../limits.ts";
import type { AlertGroup } from "../lib/alert.ts";
import { forecast } from "./product/forecast.ts";
import { jobs } from "./product/jobs.ts";
import { realtime } from "./product/realtime.ts";
import { signIn } from "./product/sign-in.ts";

const windows = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"] as const;
const budget = limits.errorBudget;

/*
 * The guarded ratio: without `or 0 *` the series would not exist before the first error, without `> 0` an idle
 * service would yield NaN, and one NaN voids the whole window.
 */
const errorRatio = (window: string) =>
  `(sum by (env, cluster, service) (rate(http_request_duration_seconds_count{status=~"5.."}[${window}])) or 0 * sum by (env, cluster, service) (rate(http_request_duration_seconds_count[${window}]))) / (sum by (env, cluster, service) (rate(http_request_duration_seconds_count[${window}])) > 0)`;

const requests = (status: string) => `http_request_duration_seconds_count{service="api",status="${status}"}`;

export const services: AlertGroup = {
  noun: "services",
  records: windows.map((window) => ({ record: `slo:error_ratio:rate${window}`, expr: errorRatio(window) })),
  alerts: [
    {
      name: "SloBurnFast",
      severity: "page",
      for: "2m",
      expr: `(slo:error_ratio:rate5m > 14.4 * ${budget} and slo:error_ratio:rate1h > 14.4 * ${budget}) or (slo:error_ratio:rate30m > 6 * ${budget} and slo:error_ratio:rate6h > 6 * ${budget})`,
      summary: "{{ $labels.service }} fails so often that the month's error budget is gone within days",
      why: "Two percent of the month's budget burns in an hour, or five in six hours.",
      first: [
        "open the Services dashboard and find the failing route",
        "compare with the last run of purlin",
        "`purlin logs {{service}}`",
      ],
      fires: { series: { [requests("200")]: "0+60x60", [requests("500")]: "0+30x60" }, at: "50m" },
      quiet: { series: { [requests("200")]: "0+60x60" }, at: "50m" },
    },
    {
      name: "SloBurnSlow",
      severity: "ticket",
      for: "15m",
      expr: `(slo:error_ratio:rate2h > 3 * ${budget} and slo:error_ratio:rate1d > 3 * ${budget}) or (slo:error_ratio:rate6h > ${budget} and slo:error_ratio:rate3d > ${budget})`,
      summary: "{{ $labels.service }} leaks its error budget",
      why: "A trickle of errors will spend the budget before the month ends.",
      first: ["find the top routes by 5xx on the Services dashboard"],
      fires: { series: { [requests("200")]: "0+996x300", [requests("500")]: "0+4x300" }, at: "4h" },
      quiet: { series: { [requests("200")]: "0+1000x300" }, at: "4h" },
    },
    {
      name: "LowTrafficErrors",
      severity: "ticket",
      for: "10m",
      expr: 'sum by (env, cluster, service) (increase(http_request_duration_seconds_count{status=~"5.."}[6h])) > 20 and sum by (env, cluster, service) (rate(http_request_duration_seconds_count[6h])) < 0.5',
      summary: "{{ $labels.service }} fails although few ask",
      why: "Burn rates are blind to a trickle; these are real users all the same.",
      first: ["`purlin logs {{service}}` and look for the failing requests"],
      fires: { series: { [requests("500")]: "0+1x120" }, at: "100m" },
      quiet: { series: { [requests("200")]: "0+1x120", [requests("500")]: "0x120" }, at: "100m" },
    },
    {
      name: "CrashLoop",
      severity: "page",
      for: "5m",
      expr: "changes(process_start_time_seconds[15m]) > 3",
      summary: "{{ $labels.instance }} starts again and again",
      why: "It never becomes ready and hides in the averages.",
      first: ["`purlin status`", "`purlin logs {{instance}}`: the last lines before each start"],
      fires: { series: { 'process_start_time_seconds{instance="api-1"}': "0+60x40" }, at: "30m" },
      quiet: { series: { 'process_start_time_seconds{instance="api-1"}': "100x40" }, at: "30m" },
    },
    {
      name: "EventLoopBlocked",
      severity: "ticket",
      for: "5m",
      expr: `nodejs_eventloop_lag_p99_seconds > ${limits.eventLoopLag.critical}`,
      summary: "{{ $labels.instance }} blocks its event loop",
      why: "One blocked loop delays every request of the instance.",
      first: ["take a CPU profile of the instance", "look at what was deployed last"],
      fires: { series: { 'nodejs_eventloop_lag_p99_seconds{instance="api-1"}': "0.8x20" }, at: "15m" },
      quiet: { series: { 'nodejs_eventloop_lag_p99_seconds{instance="api-1"}': "0.02x20" }, at: "15m" },
    },
    {
      name: "HeapNearLimit",
      severity: "ticket",
      for: "10m",
      expr: `nodejs_heap_size_used_bytes / purlin_nodejs_heap_size_limit_bytes > ${limits.heap.critical}`,
      summary: "{{ $labels.instance }} is about to run out of heap",
      why: "The process dies when the limit is reached.",
      first: ["take a heap snapshot", "restart the instance to gain time"],
      fires: {
        series: {
          'nodejs_heap_size_used_bytes{instance="api-1"}': "95x20",
          'purlin_nodejs_heap_size_limit_bytes{instance="api-1"}': "100x20",
        },
        at: "15m",
      },
      quiet: {
        series: {
          'nodejs_heap_size_used_bytes{instance="api-1"}': "40x20",
          'purlin_nodejs_heap_size_limit_bytes{instance="api-1"}': "100x20",
        },
        at: "15m",
      },
    },
    {
      name: "PoolExhausted",
      severity: "page",
      for: "3m",
      expr: "min_over_time(pg_pool_waiting_count[3m]) > 0",
      summary: "requests of {{ $labels.instance }} wait for a database connection",
      why: "Every further request queues behind them.",
      first: [
        "look for the longest transaction on the Postgres dashboard",
        "none is long: raise `pool` of the service's claim in the blueprint, as far as `maxConnections` allows",
      ],
      fires: { series: { 'pg_pool_waiting_count{instance="api-1"}': "3x20" }, at: "15m" },
      quiet: { series: { 'pg_pool_waiting_count{instance="api-1"}': "0 3 0 3 0 3 0 3 0 3 0 3 0 3 0 3" }, at: "15m" },
    },
    {
      name: "VersionSkew",
      severity: "ticket",
      for: "30m",
      expr: "count by (env, cluster, service) (count by (env, cluster, service, version) (purlin_build_info)) > 1",
      summary: "{{ $labels.service }} runs in two versions",
      why: "A rollout stopped half way: the running system is not what the code says.",
      first: ["`purlin plan`", "`purlin up`: it resumes"],
      fires: {
        series: {
          'purlin_build_info{service="api",version="1"}': "1x60",
          'purlin_build_info{service="api",version="2"}': "1x60",
        },
        at: "50m",
      },
      quiet: { series: { 'purlin_build_info{service="api",version="1"}': "1x60" }, at: "50m" },
    },
    ...signIn,
    ...jobs,
    ...realtime,
    ...forecast,
  ],
};
