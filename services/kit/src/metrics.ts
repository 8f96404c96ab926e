import { performance } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import { Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import { inSpan } from "./telemetry.ts";

/** The pool figures of a `pg` pool. */
export interface PoolCounts {
  totalCount: number;
  idleCount: number;
  waitingCount: number;
}

export interface Metrics {
  registry: Registry;
  /** Records one answered request. `route` is the template (`/records/:id`), never the path that was asked. */
  request: (labels: { method: string; route: string; status: number }, seconds: number) => void;
  /** Runs `call` and records how long `target` took and whether it answered. */
  dependency: <T>(target: string, call: () => Promise<T>) => Promise<T>;
  /** Exports the figures of a connection pool. */
  pool: (node: string, pool: PoolCounts) => void;
}

/** 0.3 s is the latency objective: an alert on it needs an exact bucket bound. */
const httpBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10];
const dependencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/**
 * Metrics of one process: Node.js defaults, rate-errors-duration by route, dependencies and pools. `service` is a
 * label of the series themselves, because one service's instances are summed by it.
 */
export function createMetrics(service: string, version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  runtimeMetrics(registry);
  new Gauge({ name: "purlin_build_info", help: "What runs: always 1", labelNames: ["service", "version"], registers })
    .labels(service, version)
    .set(1);

  const requests = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time from a request's first byte to the end of its answer",
    labelNames: ["service", "method", "route", "status"],
    buckets: httpBuckets,
    registers,
  });
  const dependencies = new Histogram({
    name: "dependency_request_duration_seconds",
    help: "Time a call to something this service depends on took",
    labelNames: ["service", "target", "result"],
    buckets: dependencyBuckets,
    registers,
  });
  return {
    registry,
    request: ({ method, route, status }, seconds) =>
      requests.labels(service, method, route, String(status)).observe(seconds),
    dependency: async (target, call) => {
      const start = performance.now();
      const record = (result: string) =>
        dependencies.labels(service, target, result).observe((performance.now() - start) / 1000);
      try {
        const value = await inSpan(target, { "peer.service": target }, call);
        record("ok");
        return value;
      } catch (error) {
        record("error");
        throw error;
      }
    },
    pool: poolMetrics(registry),
  };
}

function runtimeMetrics(registry: Registry): void {
  const registers = [registry];
  let last = performance.eventLoopUtilization();
  new Gauge({
    name: "purlin_nodejs_eventloop_utilization_ratio",
    help: "Share of time the event loop was busy since the last scrape",
    registers,
    collect() {
      const now = performance.eventLoopUtilization();
      this.set(performance.eventLoopUtilization(now, last).utilization);
      last = now;
    },
  });
  new Gauge({
    name: "purlin_nodejs_heap_size_limit_bytes",
    help: "Heap size at which the process would run out of memory",
    registers,
  }).set(getHeapStatistics().heap_size_limit);
}

function poolMetrics(registry: Registry): Metrics["pool"] {
  const pools: { node: string; pool: PoolCounts }[] = [];
  const gauge = (name: string, help: string, value: (pool: PoolCounts) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ["node"],
      registers: [registry],
      collect() {
        for (const { node, pool } of pools) this.labels(node).set(value(pool));
      },
    });
  gauge("pg_pool_total_count", "Connections open", (pool) => pool.totalCount);
  gauge("pg_pool_idle_count", "Connections open and unused", (pool) => pool.idleCount);
  gauge("pg_pool_waiting_count", "Queries waiting for a connection", (pool) => pool.waitingCount);
  return (node, pool) => pools.push({ node, pool });
}
