import { limits } from "./limits.ts";
import type { DashboardSpec } from "./lib/signal.ts";

const errors = 'sum by (service) (rate(http_request_duration_seconds_count{$scope,status=~"5.."}[$interval]))';
const requests = "sum by (service) (rate(http_request_duration_seconds_count{$scope}[$interval]))";

export const overview: DashboardSpec = {
  noun: "overview",
  title: "Overview",
  question: "Is the platform working for its users, and if not, which component do I open?",
  rows: [
    {
      title: "Is it working?",
      signals: [
        {
          title: "Components that answer",
          description:
            "Lowest scrape result of each component. 0 means a process is gone: open its dashboard, then `purlin status`.",
          unit: "none",
          show: "states",
          queries: [{ expr: "min by (component) (up{$scope})", legend: "{{component}}" }],
          limits: { critical: 1, when: "below" },
          words: { "0": "down", "1": "up" },
        },
        {
          title: "Firing alerts",
          description:
            "Alerts that fire now. Each names its runbook; an empty table beside a firing Watchdog is good news.",
          unit: "none",
          show: "table",
          queries: [
            { expr: 'sum by (alertname, severity, component) (ALERTS{alertstate="firing"})', legend: "{{alertname}}" },
          ],
        },
      ],
    },
    {
      title: "What users feel",
      signals: [
        {
          title: "Requests by service",
          description:
            "Requests per second that services answered. A sudden fall to zero is an outage upstream of them: look at the gateway.",
          unit: "reqps",
          show: "stacked",
          queries: [{ expr: requests, legend: "{{service}}" }],
        },
        {
          title: "Share of requests that failed",
          description:
            "Server errors (5xx) over all requests. Above the dashed line the month's error budget burns too fast: see the slowest and failing routes of the service.",
          unit: "percentunit",
          show: "lines",
          queries: [{ expr: `(${errors} or 0 * ${requests}) / (${requests} > 0)`, legend: "{{service}}" }],
          limits: limits.errorShare,
        },
        {
          title: "Response time, 99th percentile",
          description:
            "One request in a hundred is slower than this. Above the objective: compare with the database's active time and the event loop's lag.",
          unit: "s",
          show: "lines",
          queries: [
            {
              expr: "histogram_quantile(0.99, sum by (service, le) (rate(http_request_duration_seconds_bucket{$scope}[$interval])))",
              legend: "{{service}}",
            },
          ],
          limits: limits.latency,
        },
        {
          title: "Error budget left over 30 days",
          description:
            "What remains of the 0.1 % of requests that may fail. Below zero: stop risky changes and mend what burns it.",
          unit: "percentunit",
          show: "stat",
          queries: [
            {
              expr: `1 - ((sum by (service) (increase(http_request_duration_seconds_count{$scope,status=~"5.."}[30d])) or 0 * sum by (service) (increase(http_request_duration_seconds_count{$scope}[30d]))) / (sum by (service) (increase(http_request_duration_seconds_count{$scope}[30d])) > 0)) / ${limits.errorBudget}`,
              legend: "{{service}}",
            },
          ],
          limits: { warn: 0.25, critical: 0, when: "below" },
        },
      ],
    },
    {
      title: "Data",
      signals: [
        {
          title: "Replicas that stream",
          description:
            "Replicas connected to the primary, against the number the blueprint asks for. Fewer: see the Postgres dashboard.",
          unit: "none",
          show: "stat",
          queries: [
            {
              expr: 'count(pg_stat_replication_pg_wal_lsn_diff{$scope,state="streaming"}) or 0 * max(pg_up{$scope,role!="tables"})',
              legend: "streaming",
            },
            { expr: "max(purlin_expected_replicas)", legend: "expected" },
          ],
        },
        {
          title: "Disk free where the platform's data lives",
          description: "Free share of each file system. A full disk stops Postgres: prune or grow before the red line.",
          unit: "percentunit",
          show: "lines",
          queries: [
            {
              expr: 'min by (mountpoint) (node_filesystem_avail_bytes{$scope,fstype!~"tmpfs|overlay|squashfs|ramfs|devtmpfs"} / node_filesystem_size_bytes{$scope,fstype!~"tmpfs|overlay|squashfs|ramfs|devtmpfs"})',
              legend: "{{mountpoint}}",
            },
          ],
          limits: limits.diskFree,
        },
      ],
    },
    {
      title: "Changes",
      signals: [
        {
          title: "Last runs of purlin",
          description:
            "Result of the newest run of each command. A failed run left the platform part way: run it again, it resumes.",
          unit: "none",
          show: "table",
          queries: [{ expr: "max by (command, result) (purlin_run_info{$scope})", legend: "{{command}} {{result}}" }],
        },
        {
          title: "Versions that run",
          description:
            "Instances by service and version. Two versions of one service outside a rollout are a rollout that stopped half way.",
          unit: "none",
          show: "table",
          queries: [
            { expr: "count by (service, version) (purlin_build_info{$scope})", legend: "{{service}} {{version}}" },
          ],
        },
      ],
    },
  ],
};
