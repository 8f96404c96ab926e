import { limits } from "../limits.ts";
import type { Row } from "../lib/signal.ts";

export const realtime: Row = {
  title: "Sockets",
  folded: true,
  signals: [
    {
      title: "Open connections",
      description: "By instance. All on one instance after a restart: clients come back within a minute.",
      unit: "short",
      show: "lines",
      queries: [{ expr: "sum by (instance) (realtime_connections_count{$scope})", legend: "{{instance}}" }],
    },
    {
      title: "Connections that ended",
      description: "Per second, by reason. Slow consumers did not read what they were sent; they come back and resume.",
      unit: "ops",
      show: "stacked",
      queries: [
        { expr: "sum by (reason) (rate(realtime_disconnects_total{$scope}[$interval]))", legend: "{{reason}}" },
      ],
    },
    {
      title: "Events told",
      description: "Events handed to connections per second.",
      unit: "ops",
      show: "lines",
      queries: [
        { expr: "sum by (instance) (rate(realtime_events_sent_total{$scope}[$interval]))", legend: "{{instance}}" },
      ],
    },
    {
      title: "From a change to its being told, 95th percentile",
      description: "Seconds. Above the line: the outbox lags, Redis is slow, or the instance's event loop is busy.",
      unit: "s",
      show: "lines",
      queries: [
        {
          expr: "histogram_quantile(0.95, sum by (le) (rate(realtime_event_delay_seconds_bucket{$scope}[$interval])))",
          legend: "p95",
        },
      ],
      limits: limits.eventDelay,
    },
  ],
};
