import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase, ownerUrl } from "./databases.ts";
import { startDaemons, type Daemons } from "./daemons.ts";
import { migrateService } from "./service.ts";

/*
 * `purlin up` starts the migrations of all services at the same time, on databases they share, and a killed `up` starts
 * them again: whoever comes second waits, and nobody waits for ever.
 */

let daemons: Daemons;

beforeAll(async () => {
  daemons = await startDaemons(["replica", "redis", "storage"]);
  await createDatabase(daemons, "auth");
  await createDatabase(daemons, "app");
});
afterAll(() => daemons.stop());

const migrateAll = () => {
  const app = ownerUrl(daemons, "app");
  return Promise.all([
    migrateService("auth", { POSTGRES_OWNER_URL: ownerUrl(daemons, "auth"), POSTGRES_APP_OWNER_URL: app }),
    ...(["api", "realtime", "worker"] as const).map((service) => migrateService(service, { POSTGRES_OWNER_URL: app })),
  ]);
};

test("four services migrate one empty database at once, twice over, and again afterwards", async () => {
  await Promise.all([migrateAll(), migrateAll()]);
  await migrateAll();
  const tables = ["kit", "auth", "api", "realtime", "worker"].map((name) => `${name}_migrations`);
  for (const table of tables) {
    const database = table === "auth_migrations" ? "auth" : "app";
    const [row] = await daemons.sqlIn(
      database,
      `SELECT count(*)::int AS ran, count(DISTINCT name)::int AS names FROM ${table}`,
    );
    expect(row?.["ran"], table).toBeGreaterThan(0);
    expect(row?.["ran"], table).toBe(row?.["names"]); // none ran twice
  }
});
