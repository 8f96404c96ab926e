import { limits } from "../limits.ts";
import type { Row } from "../lib/signal.ts";

export const jobs: Row = {
  title: "Jobs and events",
  folded: true,
  signals: [
    {
      title: "Jobs to be done",
      description: "Jobs by kind, due or not. A line that only rises: the worker is too slow, or does not run.",
      unit: "short",
      show: "lines",
      queries: [{ expr: "max by (kind) (jobs_pending_count{$scope})", legend: "{{kind}}" }],
    },
    {
      title: "How long the oldest job has been due",
      description:
        "Seconds since the oldest job could have begun. Above the line: `purlin logs worker`, then the queue.",
      unit: "s",
      show: "lines",
      queries: [{ expr: "max by (kind) (jobs_oldest_pending_seconds{$scope})", legend: "{{kind}}" }],
      limits: limits.jobAge,
    },
    {
      title: "Dead letters",
      description:
        "Jobs given up after every attempt. Look at their last error, mend the cause, replay them: runbook JobsDead.",
      unit: "short",
      show: "lines",
      queries: [{ expr: "max by (kind) (jobs_dead_count{$scope})", legend: "{{kind}}" }],
      limits: { critical: 1 },
    },
    {
      title: "Runs of jobs",
      description: "Runs per second by kind and how they ended.",
      unit: "ops",
      show: "stacked",
      queries: [
        {
          expr: "sum by (kind, result) (rate(jobs_processed_total{$scope}[$interval]))",
          legend: "{{kind}} {{result}}",
        },
      ],
      absentWhenHealthy: "the series appears with the first run of a kind",
    },
    {
      title: "Time of a job, 95th percentile",
      description: "Seconds one run takes, by kind.",
      unit: "s",
      show: "lines",
      queries: [
        {
          expr: "histogram_quantile(0.95, sum by (kind, le) (rate(job_duration_seconds_bucket{$scope}[$interval])))",
          legend: "{{kind}}",
        },
      ],
      absentWhenHealthy: "the series appears with the first run of a kind",
    },
    {
      title: "Events not read yet",
      description:
        "Age of the oldest event of the outbox, by reader. Above the line its jobs, webhooks or sockets are late.",
      unit: "s",
      show: "lines",
      queries: [{ expr: "max by (reader) (outbox_lag_seconds{$scope})", legend: "{{reader}}" }],
      limits: limits.outboxLag,
    },
  ],
};
