import { performance } from "node:perf_hooks";
import type { Metrics } from "@purlin/kit/metrics";
import type { Database } from "@purlin/kit/postgres";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Outcome } from "./runner.ts";

export interface JobMetrics {
  record: (kind: string, outcome: Outcome, jobs?: number) => void;
  /** Runs `work` and records how long it took. */
  time: <T>(kind: string, work: () => Promise<T>) => Promise<T>;
}

/** `jobs_processed_total{kind,result}` and `job_duration_seconds{kind}`, of this instance. */
export function createJobMetrics({ registry }: Metrics): JobMetrics {
  const registers = [registry];
  const processed = new Counter({
    name: "jobs_processed_total",
    help: "Runs of jobs, by how they ended",
    labelNames: ["kind", "result"],
    registers,
  });
  const duration = new Histogram({
    name: "job_duration_seconds",
    help: "Time one run took, of a job or of a bundle",
    labelNames: ["kind"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  return {
    record: (kind, outcome, jobs = 1) => processed.labels(kind, outcome).inc(jobs),
    time: async (kind, work) => {
      const start = performance.now();
      try {
        return await work();
      } finally {
        duration.labels(kind).observe((performance.now() - start) / 1000);
      }
    },
  };
}

interface Figures {
  kind: string;
  pending: number;
  oldest: number;
  dead: number;
}

const figures = `
  SELECT kind, count(*) FILTER (WHERE state = 'pending')::int AS pending, count(*) FILTER (WHERE state = 'dead')::int AS dead,
    coalesce(extract(epoch FROM now() - min(run_after) FILTER (WHERE state = 'pending' AND run_after < now())), 0)::float8 AS oldest
  FROM jobs.jobs WHERE state IN ('pending', 'dead') GROUP BY kind`;

/** Milliseconds one reading serves all gauges of a scrape. */
const reuse = 500;

/**
 * `jobs_pending_count{kind}`, `jobs_oldest_pending_seconds{kind}` (how long the oldest is due) and `jobs_dead_count{kind}`, read from
 * Postgres: every instance shows the same, and none of them while Postgres is away.
 */
export function exportJobCounts(registry: Registry, db: Database, kinds: readonly string[]): void {
  let reading: { rows: Promise<Figures[]>; until: number } | undefined;
  const read = () => {
    if (!reading || performance.now() > reading.until) {
      reading = { rows: db.readPrimary<Figures & Record<string, unknown>>(figures), until: performance.now() + reuse };
    }
    return reading.rows;
  };
  const gauge = (name: string, help: string, value: (figures: Figures) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ["kind"],
      registers: [registry],
      async collect() {
        this.reset();
        const rows = await read().catch(() => undefined);
        if (!rows) return;
        for (const kind of kinds) this.labels(kind).set(0);
        for (const row of rows) this.labels(row.kind).set(value(row));
      },
    });
  gauge("jobs_pending_count", "Jobs to be done, due or not", ({ pending }) => pending);
  gauge("jobs_oldest_pending_seconds", "How long the oldest job has been due", ({ oldest }) => oldest);
  gauge("jobs_dead_count", "Dead letters", ({ dead }) => dead);
}
