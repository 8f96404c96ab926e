import { afterAll, beforeAll, expect, test } from "vitest";
import { createMetrics } from "@purlin/kit/metrics";
import { createDatabase as connect, type Database } from "@purlin/kit/postgres";
import { eventually, startDaemons, type Daemons } from "./daemons.ts";
import { createDatabase, serviceUrl } from "./databases.ts";
import { logger } from "./kit-world.ts";

let daemons: Daemons;
let db: Database;

beforeAll(async () => {
  daemons = await startDaemons(["redis", "storage"]);
  await createDatabase(daemons, "app");
  const settings = {
    POSTGRES_PRIMARY_URL: serviceUrl(daemons, "app"),
    POSTGRES_REPLICA_URLS: [serviceUrl(daemons, "app", "replica")],
    POSTGRES_POOL_MAX: 2,
  };
  db = connect(settings, logger, createMetrics("test", "0"), "test");
  await eventually(() => onReplica("SELECT 1"));
});

afterAll(async () => {
  await db.close();
  await daemons.stop();
});

async function servedBy(statement: string): Promise<string> {
  return (await db.read((query) => query(statement))).servedBy;
}

async function onReplica(statement: string): Promise<void> {
  const node = await servedBy(statement);
  if (node !== "replica-1") throw new Error(`served by ${node}`);
}

test("statements that take their time are waited for, be they as many as there are connections", async () => {
  const slow = "SELECT pg_sleep(1.5)";
  expect(await Promise.all([servedBy(slow), servedBy(slow), servedBy("SELECT 1")])).toEqual(
    Array.from({ length: 3 }, () => "replica-1"),
  );
});

test("a replica that has stopped is passed over by those who wait for it, and asked again when it goes on", async () => {
  daemons.replica.freeze();
  try {
    expect(await Promise.all([servedBy("SELECT 1"), servedBy("SELECT 2")])).toEqual(["primary", "primary"]);
    expect(await servedBy("SELECT 3")).toBe("primary");
  } finally {
    daemons.replica.thaw();
  }
  await eventually(() => onReplica("SELECT 4"));
}, 10_000); // less than the 12 s after which a statement is given up anyway

test("one that is gone is passed over at once, and asked again when it is back", async () => {
  await daemons.replica.kill();
  expect(await servedBy("SELECT 1")).toBe("primary");
  await daemons.replica.start();
  await eventually(() => onReplica("SELECT 2"));
});
