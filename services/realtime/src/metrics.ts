import type { Metrics } from "@purlin/kit/metrics";
import { Counter, Gauge, Histogram } from "prom-client";

/** Why the server ended a connection. */
type DisconnectReason = "slow consumer" | "token expired" | "signed out" | "draining";

export interface RealtimeMetrics {
  disconnected: (reason: DisconnectReason | "client") => void;
  /** An event was handed to `connections`, so many seconds after it happened. */
  told: (seconds: number, connections: number) => void;
}

/** Figures of this instance; `connections` is asked at each scrape. */
export function createRealtimeMetrics({ registry }: Metrics, connections: () => number): RealtimeMetrics {
  const registers = [registry];
  new Gauge({
    name: "realtime_connections_count",
    help: "Open connections",
    registers,
    collect() {
      this.set(connections());
    },
  });
  const ended = new Counter({
    name: "realtime_disconnects_total",
    help: "Connections that ended, by who or what ended them",
    labelNames: ["reason"],
    registers,
  });
  const sent = new Counter({ name: "realtime_events_sent_total", help: "Events handed to connections", registers });
  const delay = new Histogram({
    name: "realtime_event_delay_seconds",
    help: "Time from a change to its being told",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    registers,
  });
  for (const reason of ["slow consumer", "token expired", "signed out", "draining", "client"])
    ended.labels(reason).inc(0);
  return {
    disconnected: (reason) => ended.labels(reason).inc(),
    told: (seconds, count) => {
      delay.observe(seconds);
      sent.inc(count);
    },
  };
}
