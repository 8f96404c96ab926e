import type { Alert } from "../../lib/alert.ts";
import { limits } from "../../limits.ts";

const kind = '{kind="webhook"}';
const reader = '{reader="worker"}';

export const jobs: readonly Alert[] = [
  {
    name: "JobsLate",
    severity: "ticket",
    for: "5m",
    expr: `max by (env, cluster, kind) (jobs_oldest_pending_seconds) > ${limits.jobAge.critical}`,
    summary: "jobs of kind {{ $labels.kind }} have been due for {{ $value }} seconds",
    why: "Nothing is lost, but what users wait for does not happen.",
    first: ["`purlin status`: do the workers run?", "`purlin logs worker`", "is the Redis queue full or down?"],
    fires: { series: { [`jobs_oldest_pending_seconds${kind}`]: "0+60x30" }, at: "20m" },
    quiet: { series: { [`jobs_oldest_pending_seconds${kind}`]: "20x30" }, at: "20m" },
  },
  {
    name: "JobsDead",
    severity: "ticket",
    for: "5m",
    expr: "max by (env, cluster, kind) (jobs_dead_count) > 0",
    summary: "{{ $value }} jobs of kind {{ $labels.kind }} were given up",
    why: "They failed at every attempt and wait for a person.",
    first: ["the worker's board shows their last error", "mend the cause, then replay them there"],
    fires: { series: { [`jobs_dead_count${kind}`]: "0 0 1x20" }, at: "15m" },
    quiet: { series: { [`jobs_dead_count${kind}`]: "0x20" }, at: "15m" },
  },
  {
    name: "OutboxLag",
    severity: "page",
    for: "5m",
    expr: `max by (env, cluster, reader) (outbox_lag_seconds) > ${limits.outboxLag.critical}`,
    summary: "{{ $labels.reader }} has not read the outbox for {{ $value }} seconds",
    why: "Events wait: no jobs are made of them, no webhook is sent, no socket hears of a change.",
    first: [
      "`purlin logs {{reader}}`: one event that cannot be handled holds all after it",
      "a transaction left open on the primary holds all readers: see the Postgres dashboard",
    ],
    fires: { series: { [`outbox_lag_seconds${reader}`]: "0+60x30" }, at: "20m" },
    quiet: {
      series: { [`outbox_lag_seconds${reader}`]: "0 0 90 0 0 90 0 0 90 0 0 90 0 0 90 0 0 90 0 0 90" },
      at: "20m",
    },
  },
];
