import type { Alert } from "../../lib/alert.ts";
import { limits } from "../../limits.ts";

const bucket = (le: string) => `realtime_event_delay_seconds_bucket{le="${le}"}`;
const slow = 'realtime_disconnects_total{reason="slow consumer"}';

export const realtime: readonly Alert[] = [
  {
    name: "EventsLate",
    severity: "ticket",
    for: "10m",
    expr: `histogram_quantile(0.95, sum by (env, cluster, le) (rate(realtime_event_delay_seconds_bucket[5m]))) > ${limits.eventDelay.critical}`,
    summary: "changes reach sockets {{ $value }} seconds late",
    why: "People see an old state and write over each other's changes.",
    first: ["the outbox's lag on the Services dashboard", "event loop and memory of the realtime instances"],
    fires: { series: { [bucket("1")]: "0+1x40", [bucket("5")]: "0+100x40", [bucket("+Inf")]: "0+100x40" }, at: "30m" },
    quiet: {
      series: { [bucket("1")]: "0+100x40", [bucket("5")]: "0+100x40", [bucket("+Inf")]: "0+100x40" },
      at: "30m",
    },
  },
  {
    name: "SlowConsumers",
    severity: "ticket",
    for: "10m",
    expr: 'sum by (env, cluster) (rate(realtime_disconnects_total{reason="slow consumer"}[10m])) > 0.5',
    summary: "{{ $value }} connections a second are closed because their clients do not read",
    why: "One is somebody's bad network; many are an event too large or too frequent.",
    first: ["which events are sent most: the Services dashboard", "what was deployed last"],
    fires: { series: { [slow]: "0+60x40" }, at: "30m" },
    quiet: { series: { [slow]: "0+2x40" }, at: "30m" },
  },
];
