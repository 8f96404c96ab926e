import type { Alert } from "../../lib/alert.ts";
import { limits } from "../../limits.ts";
import { onBoth } from "./instances.ts";

const kind = 'kind="webhook.deliver"';
const reader = 'reader="jobs"';

export const jobs: readonly Alert[] = [
  {
    name: "JobsLate",
    severity: "ticket",
    for: "5m",
    expr: `max by (env, cluster, kind) (jobs_oldest_pending_seconds) > ${limits.jobAge.critical}`,
    summary: "jobs of kind {{ $labels.kind }} have been due for {{ $value }} seconds",
    why: "Nothing is lost, but what users wait for does not happen.",
    first: ["`purlin status`: do the workers run?", "`purlin logs worker`", "is the Redis queue full or down?"],
    fires: { series: onBoth("jobs_oldest_pending_seconds", kind, "0+60x30", "_x30"), at: "20m" },
    quiet: { series: onBoth("jobs_oldest_pending_seconds", kind, "200x30"), at: "20m" },
  },
  {
    name: "JobsDead",
    severity: "ticket",
    for: "5m",
    expr: "max by (env, cluster, kind) (jobs_dead_count) > 0",
    summary: "{{ $value }} jobs of kind {{ $labels.kind }} were given up",
    why: "They failed at every attempt and wait for a person.",
    first: [
      "`purlin psql app -- -c \"select organisation_id, id, kind, last_error from jobs.jobs where state = 'dead'\"`",
      "mend the cause",
      "those of an organisation: `POST /jobs/organisations/:organisationId/dead-letters/:jobId/replay`, by one of its administrators",
      "those of no organisation are scheduled: the next one comes by itself",
    ],
    fires: { series: onBoth("jobs_dead_count", kind, "0 0 1x20"), at: "15m" },
    quiet: { series: onBoth("jobs_dead_count", kind, "0x20"), at: "15m" },
  },
  {
    name: "OutboxLag",
    severity: "page",
    for: "5m",
    expr: `max by (env, cluster, reader) (outbox_lag_seconds) > ${limits.outboxLag.critical}`,
    summary: "{{ $labels.reader }} has not read the outbox for {{ $value }} seconds",
    why: "Events wait: no jobs are made of them, no webhook is sent, no socket hears of a change.",
    first: [
      "`purlin logs worker` for the reader `jobs`, else `purlin logs realtime`: one event that cannot be handled holds all after it",
      "a transaction left open on the primary holds all readers: see the Postgres dashboard",
    ],
    fires: { series: onBoth("outbox_lag_seconds", reader, "0+60x30", "_x30"), at: "20m" },
    quiet: {
      series: onBoth("outbox_lag_seconds", reader, "40 40 90 40 40 90 40 40 90 40 40 90 40 40 90 40 40 90 40 40 90"),
      at: "20m",
    },
  },
];
