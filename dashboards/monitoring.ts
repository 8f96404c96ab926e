import type { DashboardSpec } from "./lib/signal.ts";

export const monitoring: DashboardSpec = {
  noun: "monitoring",
  title: "Monitoring",
  question: "Can the monitoring itself be trusted: does it see everything, evaluate its rules, and deliver?",
  rows: [
    {
      title: "Does it see everything?",
      signals: [
        {
          title: "Targets scraped",
          description:
            "1 while the target answers. A target that is gone never crosses a threshold, so look here first.",
          unit: "none",
          show: "states",
          queries: [{ expr: "up{$scope}", legend: "{{job}} {{instance}}" }],
          limits: { critical: 1, when: "below" },
          words: { "0": "down", "1": "up" },
        },
        {
          title: "Time a scrape takes",
          description: "Seconds by target. Near the scrape interval samples are lost.",
          unit: "s",
          show: "lines",
          queries: [{ expr: "max by (job) (scrape_duration_seconds{$scope})", legend: "{{job}}" }],
        },
        {
          title: "Collectors that failed",
          description: "Collectors of the Postgres exporter that returned an error: usually a right that was revoked.",
          unit: "none",
          show: "table",
          queries: [{ expr: "min by (collector) (pg_scrape_collector_success{$scope})", legend: "{{collector}}" }],
        },
      ],
    },
    {
      title: "Does it evaluate and deliver?",
      signals: [
        {
          title: "Rules that failed",
          description:
            "Rule evaluations per second that ended in an error. Silence looks like health, so this must be zero.",
          unit: "ops",
          show: "lines",
          queries: [
            {
              expr: "sum by (rule_group) (rate(prometheus_rule_evaluation_failures_total{$scope}[$interval]))",
              legend: "{{rule_group}}",
            },
          ],
          limits: { critical: 0.001 },
        },
        {
          title: "Notifications that failed",
          description: "Notifications per second Alertmanager could not deliver, by way of delivery.",
          unit: "ops",
          show: "lines",
          queries: [
            {
              expr: "sum by (integration) (rate(alertmanager_notifications_failed_total{$scope}[$interval]))",
              legend: "{{integration}}",
            },
          ],
          limits: { critical: 0.001 },
        },
        {
          title: "Alerts by state",
          description: "Alerts Alertmanager holds.",
          unit: "short",
          show: "lines",
          queries: [{ expr: "sum by (state) (alertmanager_alerts{$scope})", legend: "{{state}}" }],
        },
        {
          title: "Series held",
          description: "Active series in Prometheus. A jump is a label that takes too many values.",
          unit: "short",
          show: "lines",
          queries: [{ expr: "prometheus_tsdb_head_series{$scope}", legend: "series" }],
        },
        {
          title: "Samples written",
          description: "Samples per second.",
          unit: "ops",
          show: "lines",
          queries: [
            { expr: "sum(rate(prometheus_tsdb_head_samples_appended_total{$scope}[$interval]))", legend: "samples" },
          ],
        },
        {
          title: "Memory",
          description: "Resident bytes of the monitoring's own processes.",
          unit: "bytes",
          show: "lines",
          queries: [{ expr: 'process_resident_memory_bytes{$scope,component="monitoring"}', legend: "{{instance}}" }],
        },
      ],
    },
    {
      title: "Runs of purlin",
      signals: [
        {
          title: "Last run",
          description: "Newest run of each command: a failed one left the platform part way; run it again.",
          unit: "none",
          show: "table",
          queries: [{ expr: "max by (command, result) (purlin_run_info{$scope})", legend: "{{command}} {{result}}" }],
        },
        {
          title: "How long it took",
          description: "Seconds of the last run of each command.",
          unit: "s",
          show: "stat",
          queries: [{ expr: "max by (command) (purlin_run_duration_seconds{$scope})", legend: "{{command}}" }],
        },
        {
          title: "Resources it touched",
          description: "Resources of the last run by operation.",
          unit: "none",
          show: "stat",
          queries: [{ expr: "max by (operation) (purlin_run_resources{$scope})", legend: "{{operation}}" }],
        },
      ],
    },
  ],
};
