import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLogger } from "../../services/kit/src/logger.ts";
import { createMetrics } from "../../services/kit/src/metrics.ts";
import { createDatabase as connect, type Database } from "../../services/kit/src/postgres.ts";
import type { Query } from "../../services/kit/src/pool.ts";
import { startDaemons, type Daemons } from "./daemons.ts";
import { createDatabase, ownerUrl, serviceUrl } from "./databases.ts";
import { migrateService } from "./service.ts";
import { createOrganisation, createSubject } from "./tenants.ts";

/*
 * Reads that share a round trip must be kept apart as if they had connections of their own: by a login that row-level
 * security binds, on so few connections that every one has served everybody.
 */
let daemons: Daemons;
let db: Database;
let organisations: string[];

beforeAll(async () => {
  daemons = await startDaemons(["replica", "redis", "storage"]);
  await createDatabase(daemons, "app");
  await migrateService("api", { POSTGRES_OWNER_URL: ownerUrl(daemons, "app") });
  const owner = await createSubject(daemons, "Owner");
  organisations = [await createOrganisation(daemons, "A", owner), await createOrganisation(daemons, "B", owner)];
  for (const organisation of organisations) {
    await daemons.sqlIn(
      "app",
      `INSERT INTO projects (organisation_id, key, name, created_by)
       SELECT '${organisation}', 'P' || n, 'Project ' || n, '${owner}' FROM generate_series(1, 20) n`,
    );
  }
  const logger = createLogger({ service: "test", instance: "test-1", level: "silent" });
  const settings = {
    POSTGRES_PRIMARY_URL: serviceUrl(daemons, "app"),
    POSTGRES_REPLICA_URLS: [],
    POSTGRES_POOL_MAX: 2,
  };
  db = connect(settings, logger, createMetrics("test", "0"), "test");
});

afterAll(async () => {
  await db.close();
  await daemons.stop();
});

const owners = "SELECT DISTINCT organisation_id AS id FROM projects";
const seen = "SELECT coalesce(current_setting('purlin.organisation_id', true), '') AS organisation";

async function quick<T>(organisation: string, work: (query: Query) => Promise<T>): Promise<T> {
  return (await db.read(work, { organisation, quick: true })).value;
}

/** Alternates the organisations, all within one turn of the event loop. */
function manyAtOnce<T>(
  count: number,
  work: (query: Query, index: number) => Promise<T>,
): Promise<PromiseSettledResult<T>[]> {
  return Promise.allSettled(
    Array.from({ length: count }, (_, index) => quick(organisationOf(index), (query) => work(query, index))),
  );
}

const organisationOf = (index: number) => organisations[Math.floor(index / 3) % 2] ?? "";

describe("statements that share a round trip", () => {
  test("see the rows of their own organisation and no other", async () => {
    const answers = await manyAtOnce(200, (query) => query(owners));
    expect(answers).toEqual(
      answers.map((_, index) => ({ status: "fulfilled", value: [{ id: organisationOf(index) }] })),
    );
  });

  test("leave nothing of it on the connection", async () => {
    await manyAtOnce(50, (query) => query(owners));
    for (let n = 0; n < 10; n++) {
      const { value } = await db.read((query) => query(seen));
      expect(value).toEqual([{ organisation: "" }]);
      expect((await db.read((query) => query(owners))).value).toEqual([]);
    }
  });

  test.each([
    ["a value it cannot read", "SELECT $1::uuid AS id", ["nonsense"], "22P02"],
    ["a statement that is none", "SELECT nothing FROM nowhere", [], "42P01"],
    ["a failure while it runs", "SELECT 1 / $1::int AS n", [0], "22012"],
  ])("do not suffer when one has %s, time and again", async (_, text, values, code) => {
    for (let round = 0; round < 4; round++) {
      const answers = await manyAtOnce(40, (query, index) =>
        query(index % 5 === 2 ? text : owners, index % 5 === 2 ? values : []),
      );
      for (const [index, answer] of answers.entries()) {
        if (index % 5 === 2) expect(answer).toMatchObject({ status: "rejected", reason: { code } });
        else expect(answer).toEqual({ status: "fulfilled", value: [{ id: organisationOf(index) }] });
      }
    }
    expect((await db.read((query) => query(seen))).value).toEqual([{ organisation: "" }]);
  });

  test("cannot write", async () => {
    const [answer] = await manyAtOnce(1, (query) => query("UPDATE projects SET name = 'x' RETURNING id"));
    expect(answer).toMatchObject({ status: "rejected", reason: { code: "25006" } });
    const alone = db.read((query) => query("DELETE FROM projects RETURNING id"), { organisation: organisationOf(0) });
    await expect(alone).rejects.toMatchObject({ code: "25006" });
  });

  test("are answered when what is selected has become of another type since", async () => {
    const column = "SELECT description AS changing FROM projects LIMIT 1";
    await manyAtOnce(20, (query) => query(column));
    await daemons.sqlIn("app", "ALTER TABLE projects ALTER description TYPE varchar(20000)");
    const answers = await manyAtOnce(20, (query) => query(column));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => "fulfilled"));
  });

  test("are answered on other connections when theirs are ended", async () => {
    const ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test'";
    await manyAtOnce(20, (query) => query(owners));
    await daemons.sqlIn("app", ended);
    await expect
      .poll(() => manyAtOnce(20, (query) => query(owners)))
      .toEqual(
        Array.from({ length: 20 }, (_, index) => ({ status: "fulfilled", value: [{ id: organisationOf(index) }] })),
      );
  });

  test("are prepared as far as there is room, and run beyond", async () => {
    const answers = await manyAtOnce(300, (query, index) =>
      query(`SELECT ${index} AS n, organisation_id AS id FROM projects LIMIT 1`),
    );
    expect(answers).toEqual(
      answers.map((_, index) => ({ status: "fulfilled", value: [{ n: index, id: organisationOf(index) }] })),
    );
    const { value } = await db.read((query) => query("SELECT count(*)::int AS n FROM pg_prepared_statements"), {
      organisation: organisationOf(0),
    });
    expect(value[0]?.["n"]).toBeLessThanOrEqual(201);
  });
});

test("statements on the primary are answered when what is selected has become of another type since", async () => {
  const column = "SELECT url AS changing FROM webhooks LIMIT 1";
  const many = () => Promise.allSettled(Array.from({ length: 20 }, () => db.readPrimary(column)));
  const inTransactions = () => Promise.allSettled([1, 2, 3].map(() => db.write((query) => query(column))));
  await many();
  await inTransactions();
  await daemons.sqlIn("app", "ALTER TABLE webhooks ALTER url TYPE varchar(20000)");
  await inTransactions(); // each connection refuses once, and is replaced
  expect((await inTransactions()).map(({ status }) => status)).toEqual(Array(3).fill("fulfilled"));
  expect(new Set((await many()).map(({ status }) => status))).toEqual(new Set(["fulfilled"]));
  await daemons.sqlIn("app", "ALTER TABLE webhooks ALTER url TYPE text");
  expect(new Set((await many()).map(({ status }) => status))).toEqual(new Set(["fulfilled"]));
});

test("values arrive as they were given", async () => {
  const moment = new Date("2031-05-05T10:20:30.123Z");
  const texts = ['"', "\\", "{}", ",", "NULL", "", "ä💡", "'; --"];
  const rows = await quick(organisationOf(0), (query) =>
    query(
      "SELECT $1::text[] AS texts, $2::int AS n, $3::bool AS yes, $4::timestamptz AS moment, $5::uuid AS id, $6::int[] AS numbers",
      [texts, 7, true, moment, null, [1, null, 3]],
    ),
  );
  expect(rows).toEqual([{ texts, n: 7, yes: true, moment, id: null, numbers: [1, null, 3] }]);
  await expect(quick(randomUUID(), (query) => query("SELECT $1", [{}]))).rejects.toThrow("is not given a object");
});
