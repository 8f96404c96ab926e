import type { Database } from "@purlin/kit/postgres";
import { Gauge, type Registry } from "prom-client";

interface Health {
  kind: string;
  age: number | null;
  ratio: number | null;
}

/**
 * `forecast_age_seconds{kind}`, of the oldest forecast that is served, and `forecast_error_ratio{kind}`, the error on held-out
 * weeks as a share of the naive forecast's. Read from Postgres: every instance shows the same, and none while it is away.
 */
export function exportForecastHealth(registry: Registry, db: Pick<Database, "readPrimary">): void {
  const gauge = (name: string, help: string, value: (health: Health) => number | null) =>
    new Gauge({
      name,
      help,
      labelNames: ["kind"],
      registers: [registry],
      async collect() {
        this.reset();
        const rows = await readHealth(db).catch(() => []);
        for (const row of rows) {
          const known = value(row);
          if (known !== null) this.labels(row.kind).set(known);
        }
      },
    });
  gauge("forecast_age_seconds", "Seconds since the oldest forecast was made", ({ age }) => age);
  gauge("forecast_error_ratio", "Error on held-out weeks, as a share of the naive forecast's", ({ ratio }) => ratio);
}

async function readHealth(db: Pick<Database, "readPrimary">): Promise<Health[]> {
  return db.readPrimary<Health & Record<string, unknown>>(
    "SELECT kind, age_seconds AS age, error_ratio AS ratio FROM analytics.forecast_health()",
  );
}
