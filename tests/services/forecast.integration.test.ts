import { execFileSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addWeeks, createHistory, rhythm } from "./forecast-history.ts";
import { startWorld, type World } from "./forecast-world.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

describe("a forecast", () => {
  test("is of this week and the three after it, and errs less than a naive one on weeks it had not seen", async () => {
    const organisation = await createHistory(world, rhythm(60, 1));
    expect(await refresh(organisation)).toBe("done");
    const models = await modelsOf(organisation);
    expect(models).toMatchObject([
      { kind: "completed", state: "ready", model: "learnt", held_out_weeks: 8, history_weeks: 60 },
      { kind: "overdue", state: "ready", held_out_weeks: 8, history_weeks: 60 },
    ]);
    expect(Number(models[0]?.["mae"])).toBeLessThan(0.6 * Number(models[0]?.["naive_mae"]));
    const weeks = await world.sql(
      `SELECT week = date_trunc('week', now() AT TIME ZONE 'UTC')::date + 7 * (row_number() OVER (ORDER BY week) - 1)::int AS right, value
       FROM forecasts WHERE organisation_id = $1 AND kind = 'completed'`,
      [organisation],
    );
    expect(weeks.map(({ right }) => right)).toEqual([true, true, true, true]);
    const [one, two] = [weeks[0], weeks[1]].map((row) => Number(row?.["value"]));
    expect(one).not.toBeCloseTo(two ?? 0, 1); // the rhythm shows: a naive forecast is the same every week
  });

  test("is told to others in the transaction that writes it", async () => {
    const organisation = await createHistory(world, rhythm(20, 2));
    await refresh(organisation);
    expect(await world.sql("SELECT type FROM platform.outbox WHERE organisation_id = $1", [organisation])).toEqual([
      { type: "forecast.updated" },
    ]);
  });

  test("of a constant history is the naive one", async () => {
    const organisation = await createHistory(
      world,
      Array.from({ length: 24 }, () => 6),
    );
    await refresh(organisation);
    const still = { state: "ready", model: "naive", mae: 0, naive_mae: 0 };
    expect(await modelsOf(organisation)).toMatchObject([still, still]);
    const rows = await forecastsOf(organisation);
    expect(rows.map(({ kind, value, naive_value }) => [kind, value, naive_value])).toEqual([
      ...Array.from({ length: 4 }, () => ["completed", 6, 6]),
      ...Array.from({ length: 4 }, () => ["overdue", 2, 2]),
    ]);
  });

  test("tells how many working days its weeks have, where public holidays are known", async () => {
    const organisation = await createHistory(world, rhythm(20, 14));
    const days = async () => {
      await refresh(organisation);
      const rows = await world.sql(
        "SELECT working_days FROM forecasts WHERE organisation_id = $1 AND kind = 'completed' ORDER BY week",
        [organisation],
      );
      return rows.map((row) => row["working_days"]);
    };
    expect(await days()).toEqual([null, null, null, null]);
    const monday = "date_trunc('week', now() AT TIME ZONE 'UTC')::date";
    await world.sql(
      `INSERT INTO jobs.holiday_years SELECT 'DE', extract(year FROM ${monday} + n * 7), now() FROM generate_series(0, 4) AS n ON CONFLICT DO NOTHING`,
    );
    await world.sql(
      `INSERT INTO jobs.holidays VALUES ('DE', ${monday} + 7 + 2, 'A Wednesday'), ('DE', ${monday} + 14 + 5, 'A Saturday')`,
    );
    expect(await days()).toEqual([5, 4, 5, 5]);
  });

  test.each([
    ["no history", []],
    ["fifteen weeks", rhythm(15, 3)],
  ])("is not made from %s, and MindsDB not asked for it", async (_, history) => {
    const organisation = await createHistory(world, history);
    expect(await refresh(organisation)).toBe("done");
    const little = { state: "insufficient_history", model: null, history_weeks: history.length };
    expect(await modelsOf(organisation)).toMatchObject([little, little]);
    expect(await forecastsOf(organisation)).toEqual([]);
    expect(await modelNames()).not.toContain(modelName(organisation));
  });
});

describe("one organisation's history", () => {
  test("never influences another's forecast", async () => {
    const [one, other] = [await createHistory(world, rhythm(40, 4)), await createHistory(world, rhythm(40, 5))];
    await refresh(one);
    const before = await forecastsOf(one);
    await refresh(other);
    await addWeeks(
      world,
      other,
      Array.from({ length: 40 }, () => 300),
    );
    await refresh(other);
    await refresh(one);
    expect(await forecastsOf(one)).toEqual(before);
    expect(Number((await forecastsOf(other))[0]?.["value"])).toBeGreaterThan(200);
  });

  test("is all that MindsDB can read of tasks: counts, each with its organisation", async () => {
    expect(
      await world.asMindsdb("SELECT DISTINCT organisation_id IS NULL AS nobodys FROM analytics.weekly_work"),
    ).toEqual([{ nobodys: false }]);
    for (const view of ["task_weeks", "upcoming_weeks", "project_activity"]) {
      expect(await world.asMindsdb(`SELECT FROM analytics.${view} LIMIT 1`)).toHaveLength(1);
    }
  });

  test.each([
    "SELECT FROM access.subjects",
    "SELECT FROM access.organisations",
    "SELECT FROM platform.outbox",
    "SELECT FROM jobs.jobs",
    "SELECT FROM public.tasks",
    "SELECT FROM public.webhooks",
    "SELECT access.grants_of('00000000-0000-7000-8000-000000000000')",
    "TABLE public.made_later",
  ])("is no row of a table: MindsDB is refused %s", async (statement) => {
    await world.sql("CREATE TABLE IF NOT EXISTS public.made_later ()");
    await world.replicated();
    await expect(world.asMindsdb(statement)).rejects.toThrow(/permission denied for schema/);
  });

  test("lets MindsDB see a view that is made later, and write nothing", async () => {
    await world.sql("CREATE VIEW analytics.made_later AS SELECT 1 AS one");
    await world.replicated();
    expect(await world.asMindsdb("SELECT one FROM analytics.made_later")).toEqual([{ one: 1 }]);
    await expect(world.asMindsdb("DELETE FROM forecasts")).rejects.toThrow(/permission denied|does not exist/);
  });

  test("is all there is for MindsDB in any table of any schema", async () => {
    const seen = await world.asMindsdb(
      `SELECT DISTINCT nspname AS schema FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
       WHERE relkind IN ('r', 'v', 'm', 'p', 'f', 'S') AND has_schema_privilege(n.oid, 'USAGE') AND nspname !~ '^pg_|^information_schema$'`,
    );
    expect(seen).toEqual([{ schema: "analytics" }]);
  });

  test("is all that a service sees in the views", async () => {
    const organisation = await createHistory(world, [1, 2, 3]);
    const statement = "SELECT organisation_id, week, completed FROM analytics.weekly_work ORDER BY week";
    const { value: own } = await world.db.read((query) => query(statement), { organisation });
    expect(own).toMatchObject([1, 2, 3].map((completed) => ({ organisation_id: organisation, completed })));
    const { value: outside } = await world.db.read((query) => query(statement));
    expect(outside).toEqual([]);
  });
});

describe("models", () => {
  test("are one for each organisation, however often it is forecast", async () => {
    const organisation = await createHistory(world, rhythm(30, 6));
    await refresh(organisation);
    const files = await storedModels();
    for (const _ of [1, 2, 3]) await refresh(organisation);
    expect(await world.ask(`SELECT version FROM forecast.models WHERE name = '${modelName(organisation)}'`)).toEqual([
      { version: 1 },
    ]);
    expect(await storedModels()).toBe(files);
  });

  test("go with their organisation", async () => {
    const [gone, stays] = [await createHistory(world, rhythm(16, 7)), await createHistory(world, rhythm(16, 8))];
    await Promise.all([gone, stays].map(refresh));
    await world.sql("UPDATE access.organisations SET deleted_at = now() WHERE id = $1", [gone]);
    expect(await world.run("forecast.tidy", null)).toBe("done");
    const names = await modelNames();
    expect(names).toContain(modelName(stays));
    expect(names).not.toContain(modelName(gone));
  });

  test("are trained one at a time in one child, and after its death in the next", async () => {
    const organisations = await Promise.all([9, 10, 11].map((seed) => createHistory(world, rhythm(20, seed))));
    const most = watch(() => children().length);
    expect(await Promise.all(organisations.map(refresh))).toEqual(["done", "done", "done"]);
    expect(most()).toBe(1);
    for (const child of children()) process.kill(child, "SIGKILL");
    expect(await refresh(organisations[0] ?? "")).toBe("done");
  });
});

describe("planning", () => {
  test("makes a job for each organisation that is due, and none while one is pending", async () => {
    const [due, fresh] = [await createHistory(world, [1]), await createHistory(world, [1])];
    await refresh(fresh);
    for (const slot of ["2026-01-01", "2026-01-02"]) {
      expect(await world.run("forecast.plan", null, { slot })).toBe("done");
    }
    const planned = async (organisation: string) =>
      (await world.sql("SELECT FROM jobs.jobs WHERE organisation_id = $1 AND state = 'pending'", [organisation]))
        .length;
    expect([await planned(due), await planned(fresh)]).toEqual([1, 0]);
    await world.sql("UPDATE forecast_models SET attempted_at = now() - interval '2 hours' WHERE organisation_id = $1", [
      fresh,
    ]);
    await world.run("forecast.plan", null, { slot: "2026-01-03" });
    expect(await planned(fresh)).toBe(0);
    await world.sql("UPDATE forecast_models SET unavailable_since = now() WHERE organisation_id = $1", [fresh]);
    await world.run("forecast.plan", null, { slot: "2026-01-04" });
    expect(await planned(fresh)).toBe(1); // what failed is tried again within hours
  });
});

describe("without MindsDB", () => {
  test("the job is put off, the last forecast stays and says so; back again, it is made without a restart of ours", async () => {
    const organisation = await createHistory(world, rhythm(30, 12));
    await refresh(organisation);
    const before = await forecastsOf(organisation);
    await world.sql(
      "UPDATE forecast_models SET trained_at = trained_at - interval '1 day' WHERE organisation_id = $1",
      [organisation],
    );

    const left = children();
    expect(left).toHaveLength(1);
    await world.platform.kill("mindsdb");
    await expect.poll(() => left.filter(isAlive), { timeout: 10_000 }).toEqual([]); // it would keep 250 MB
    expect(await refresh(organisation)).toBe("postponed");
    expect(await forecastsOf(organisation)).toEqual(before);
    const [kept] = await modelsOf(organisation);
    expect([kept?.["state"], kept?.["unavailable_since"]]).toEqual(["ready", expect.any(Date)]);
    expect(await gauge("forecast_age_seconds", "completed")).toBeGreaterThan(80_000);
    const calls = await world.metrics.registry.getSingleMetricAsString("dependency_request_duration_seconds");
    expect(calls).toContain('target="mindsdb",result="error"');

    await world.platform.start("mindsdb"); // it has forgotten who was logged in
    expect(await refresh(organisation)).toBe("done");
    expect((await modelsOf(organisation))[0]).toMatchObject({ state: "ready", unavailable_since: null });
  });

  test("a first forecast is still in training", async () => {
    const organisation = await createHistory(world, rhythm(20, 13));
    const pid = world.platform.pid("mindsdb") ?? 0;
    process.kill(pid, "SIGSTOP"); // it accepts connections and answers nothing
    try {
      expect(await refresh(organisation)).toBe("postponed");
    } finally {
      process.kill(pid, "SIGCONT");
    }
    expect(await modelsOf(organisation)).toMatchObject([{ state: "training" }, { state: "training" }]);
    expect(await refresh(organisation)).toBe("done");
  });
});

test("metrics tell the error against the naive forecast's", async () => {
  expect(await gauge("forecast_error_ratio", "completed")).toBeGreaterThan(0);
});

const refresh = (organisation: string) => world.run("forecast.refresh", organisation);
const modelName = (organisation: string) => `work_${organisation.replaceAll("-", "")}`;

function modelsOf(organisation: string) {
  return world.sql("SELECT * FROM forecast_models WHERE organisation_id = $1 ORDER BY kind", [organisation]);
}

function forecastsOf(organisation: string) {
  return world.sql(
    "SELECT kind, week, value, naive_value FROM forecasts WHERE organisation_id = $1 ORDER BY kind, week",
    [organisation],
  );
}

async function modelNames() {
  return (await world.ask("SELECT name FROM forecast.models")).map(({ name }) => String(name));
}

/** How many models MindsDB keeps on disk. */
async function storedModels(): Promise<number> {
  return (await readdir(path.join(world.platform.target.dataDir("mindsdb"), "content/predictor"))).length;
}

async function gauge(name: string, kind: string): Promise<number> {
  const metric = await world.metrics.registry.getSingleMetric(name)?.get();
  return metric?.values.find(({ labels }) => labels["kind"] === kind)?.value ?? Number.NaN;
}

/** Process ids of the children that work with models: all but the one that tracks shared memory. */
function children(): number[] {
  const lines = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" }).trim().split("\n");
  const rows = lines.map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)).filter((row) => row !== null);
  const parent = String(world.platform.pid("mindsdb"));
  return rows
    .filter(([, , ppid, args]) => ppid === parent && args?.includes("spawn_main"))
    .map(([, pid]) => Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Looks every 50 ms; the function it gives stops looking and tells the most that was seen. */
function watch(look: () => number): () => number {
  let most = 0;
  const timer = setInterval(() => (most = Math.max(most, look())), 50);
  return () => {
    clearInterval(timer);
    return most;
  };
}
