import type { DashboardSpec } from "./lib/signal.ts";

export const mindsdb: DashboardSpec = {
  noun: "mindsdb",
  title: "MindsDB",
  question: "Does MindsDB answer, how long do its queries take, and which integration fails?",
  rows: [
    {
      title: "Health and requests",
      signals: [
        {
          title: "Answers",
          description:
            "Whether its metrics page answers. Down: `purlin logs mindsdb`; it needs two gigabytes of memory.",
          unit: "none",
          show: "states",
          queries: [{ expr: 'up{$scope,component="mindsdb"}', legend: "{{instance}}" }],
          limits: { critical: 1, when: "below" },
          words: { "0": "down", "1": "up" },
        },
        {
          title: "Requests by endpoint and answer",
          description: "HTTP calls per second.",
          unit: "reqps",
          show: "stacked",
          queries: [
            {
              expr: "sum by (endpoint, status) (rate(mindsdb_rest_api_latency_seconds_count{$scope}[$interval]))",
              legend: "{{endpoint}} {{status}}",
            },
          ],
        },
        {
          title: "Time by endpoint, 95th percentile",
          description: "A slow query endpoint is usually the model or the data source behind it.",
          unit: "s",
          show: "lines",
          queries: [
            {
              expr: "histogram_quantile(0.95, sum by (endpoint, le) (rate(mindsdb_rest_api_latency_seconds_bucket{$scope}[$interval])))",
              legend: "{{endpoint}}",
            },
          ],
        },
        {
          title: "Time in integrations",
          description:
            "Mean seconds per query by integration and kind of answer; an answer of kind error names what fails.",
          unit: "s",
          show: "lines",
          queries: [
            {
              expr: "sum by (integration, response_type) (rate(mindsdb_integration_handler_query_seconds_sum{$scope}[$interval])) / (sum by (integration, response_type) (rate(mindsdb_integration_handler_query_seconds_count{$scope}[$interval])) > 0)",
              legend: "{{integration}} {{response_type}}",
            },
          ],
          absentWhenHealthy: "the series appears with the first query through an integration",
        },
      ],
    },
  ],
};
