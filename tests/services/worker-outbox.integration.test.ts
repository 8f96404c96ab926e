import { setTimeout as sleep } from "node:timers/promises";
import { migrateKit } from "@purlin/kit/migrations";
import type { OutboxEvent, OutboxReaderOptions } from "@purlin/kit/outbox-reader";
import { removeOldEvents } from "@purlin/kit/outbox-retention";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { eventually, startDaemons, type Daemons } from "./daemons.ts";
import { createDatabase, ownerUrl } from "./databases.ts";
import { logger, openSession, startReader, types, write } from "./worker-readers.ts";

const release = new AsyncDisposableStack();
let daemons: Daemons;
let afterTest = new AsyncDisposableStack();

beforeAll(async () => {
  daemons = await startDaemons(["replica", "redis", "storage"]);
  release.defer(daemons.stop);
  await createDatabase(daemons, "app");
  await migrateKit({ ownerUrl: ownerUrl(daemons, "app"), logger });
  await daemons.sqlIn("app", "CREATE TABLE public.effects (event_id bigint, reader text)");
  await daemons.sqlIn("app", "CREATE TABLE public.counters (id int PRIMARY KEY, version int NOT NULL)");
  await daemons.sqlIn("app", "GRANT ALL ON public.effects, public.counters TO app_service");
});
afterEach(async () => {
  await afterTest.disposeAsync();
  afterTest = new AsyncDisposableStack();
});
afterAll(() => release.disposeAsync());

const read = (reader: string, options: Partial<OutboxReaderOptions> = {}, events: OutboxEvent[] = []) =>
  afterTest.use(startReader(daemons, reader, options, events));

async function session(): Promise<pg.Client> {
  const client = await openSession(daemons);
  afterTest.defer(() => client.end());
  return client;
}

/** Resolves once `check` holds, and fails with its error if it never does. */
const until = (check: () => void | Promise<void>) => eventually(async () => check());
const begun = (reader: string) =>
  until(async () => {
    expect(await daemons.sqlIn("app", `SELECT 1 FROM platform.outbox_cursors WHERE reader = '${reader}'`)).toHaveLength(
      1,
    );
  });
describe("what is read", () => {
  test("a transaction that began first and commits last holds nothing back, and is not skipped", async () => {
    const reader = read("gap");
    await begun("gap");
    const [slow, quick] = [await session(), await session()];
    await slow.query("BEGIN");
    await write(slow, "slow.first");
    await write(quick, "quick.committed");
    await until(() => expect(types(reader)).toEqual(["quick.committed"]));
    await write(slow, "slow.second");
    await write(quick, "quick.again");
    await slow.query("COMMIT");
    await until(() => expect(reader.events).toHaveLength(4));
    expect(types(reader).filter((type) => type.startsWith("slow"))).toEqual(["slow.first", "slow.second"]);
    await sleep(300);
    expect(reader.events).toHaveLength(4);
  });

  test("what is rolled back is never told", async () => {
    const reader = read("rollback");
    await begun("rollback");
    const client = await session();
    await client.query("BEGIN");
    await write(client, "undone");
    await client.query("ROLLBACK");
    await write(client, "done");
    await until(() => expect(types(reader)).toEqual(["done"]));
  });

  test("many writers, small batches, two instances: everything once, changes of one row in their order", async () => {
    await daemons.sqlIn("app", "INSERT INTO public.counters SELECT n, 0 FROM generate_series(0, 4) n");
    const told: OutboxEvent[] = [];
    read("many", { limit: 7 }, told);
    read("many", { limit: 7 }, told);
    await begun("many");
    const committed: string[] = [];
    await Promise.all(
      Array.from({ length: 12 }, async (_, writer) => {
        const client = await session();
        for (let n = 0; n < 25; n++) {
          await client.query("BEGIN");
          if (n % 3 === 0) await write(client, `early.${writer}.${n}`); // has its number and place before it waits for the row
          const counter = (writer + n) % 5;
          const update = "UPDATE public.counters SET version = version + 1 WHERE id = $1 RETURNING version";
          const { rows } = await client.query<{ version: number }>(update, [counter]);
          await write(client, `late.${writer}.${n}`, { counter, version: rows[0]?.version });
          if (n % 5 === 1) await sleep(3);
          const keep = n % 7 !== 2;
          await client.query(keep ? "COMMIT" : "ROLLBACK");
          if (keep && n % 3 === 0) committed.push(`early.${writer}.${n}`);
          if (keep) committed.push(`late.${writer}.${n}`);
        }
      }),
    );
    await until(() => expect(told.length).toBeGreaterThanOrEqual(committed.length));
    await sleep(300);
    expect(told.map(({ type }) => type).sort()).toEqual(committed.sort());
    for (let counter = 0; counter < 5; counter++) {
      const versions = told
        .filter(({ payload }) => payload["counter"] === counter)
        .map(({ payload }) => payload["version"]);
      expect(versions).toEqual(Array.from(versions, (_, n) => n + 1));
    }
  });

  test("a reader that is new begins where it says", async () => {
    const client = await session();
    await write(client, "before.it");
    const [all, fresh] = [read("oldest", { from: "oldest" }), read("newest")];
    await Promise.all([begun("oldest"), begun("newest")]);
    await write(client, "after.it");
    await until(() => {
      expect(types(all).slice(-2)).toEqual(["before.it", "after.it"]);
      expect(types(fresh)).toEqual(["after.it"]);
    });
  });
});

describe("when something fails", () => {
  const effect = (name: string, events: OutboxEvent[]) =>
    `INSERT INTO public.effects VALUES ${events.map(({ id }) => `(${id}, '${name}')`).join(", ")}`;

  test("effects of a batch come with its cursor or not at all", async () => {
    let failures = 3;
    read("failing", {
      handle: async (events, query) => {
        await query(effect("failing", events));
        if (failures-- > 0) throw new Error("planned");
      },
    });
    await begun("failing");
    const client = await session();
    for (let n = 0; n < 20; n++) await write(client, "counted");
    await until(async () => expect(await effects("failing")).toEqual({ all: 20, distinct: 20 }));
    expect(failures).toBeLessThan(0);
  });

  test("a leader that hangs loses its lease; another instance goes on, and what the first did is undone", async () => {
    let hung = false;
    const hang = Promise.withResolvers<undefined>();
    read("hanging", {
      leaseTime: 300,
      handle: async (events, query) => {
        await query(effect("hanging", events));
        hung = true;
        await hang.promise;
      },
    });
    await begun("hanging");
    const client = await session();
    await write(client, "held");
    await until(() => expect(hung).toBe(true));
    const second = read("hanging", {
      handle: async (events, query) => {
        await query(effect("hanging", events));
      },
    });
    await until(async () => expect(await effects("hanging")).toEqual({ all: 1, distinct: 1 }));
    await second.stop();
    hang.resolve(undefined);
    await sleep(300);
    expect(await effects("hanging")).toEqual({ all: 1, distinct: 1 });
  });

  test("sessions that are ended and a primary that is killed lose nothing and double nothing", async () => {
    for (let instance = 0; instance < 2; instance++) {
      read("killed", {
        limit: 10,
        handle: async (events, query) => {
          await query(effect("killed", events));
        },
      });
    }
    await begun("killed");
    const end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app_service'";
    let written = 0;
    for (let round = 0; round < 6; round++) {
      const client = await session();
      for (let n = 0; n < 30; n++) {
        await write(client, "kept");
        written++;
      }
      if (round % 2 === 0) await daemons.sqlIn("app", end);
      else {
        await daemons.primary.kill();
        await eventually(daemons.primary.start); // its own processes may still be holding its memory
      }
    }
    await until(async () => expect(await effects("killed")).toEqual({ all: written, distinct: written }));
  });

  async function effects(reader: string) {
    const [row] = await daemons.sqlIn(
      "app",
      `SELECT count(*)::int AS all, count(DISTINCT event_id)::int AS distinct FROM public.effects WHERE reader = '${reader}'`,
    );
    return row;
  }
});

test("the lag is the age of the oldest event not handled", async () => {
  let failing = true;
  const reader = read("lagging", {
    handle: async () => (failing ? Promise.reject(new Error("planned")) : Promise.resolve()),
  });
  await begun("lagging");
  const lag = async () => {
    const text = await reader.metrics.registry.getSingleMetricAsString("outbox_lag_seconds");
    return Number(/^outbox_lag_seconds\{reader="lagging"\} (.*)$/m.exec(text)?.[1]);
  };
  expect(await lag()).toBe(0);
  await write(await session(), "waiting");
  await until(async () => expect(await lag()).toBeGreaterThan(0.5));
  failing = false;
  await until(async () => expect(await lag()).toBe(0));
});

test("only events that are old and behind every cursor are removed", async () => {
  const reader = read("behind");
  await begun("behind");
  await daemons.sqlIn("app", "TRUNCATE platform.outbox; DELETE FROM platform.outbox_cursors WHERE reader <> 'behind'");
  const client = await session();
  for (const type of ["old.handled", "young.handled"]) await write(client, type);
  await until(() => expect(reader.events).toHaveLength(2));
  await reader.stop();
  await write(client, "old.waiting");
  await daemons.sqlIn(
    "app",
    "UPDATE platform.outbox SET occurred_at = now() - interval '8 days' WHERE type LIKE 'old.%'",
  );
  const query = async <R extends pg.QueryResultRow>(text: string, values?: unknown[]) =>
    (await client.query<R>(text, values)).rows;
  expect(await removeOldEvents(query, 100)).toBe(1);
  const left = await daemons.sqlIn("app", "SELECT type FROM platform.outbox ORDER BY id");
  expect(left.map(({ type }) => type)).toEqual(["young.handled", "old.waiting"]);
});
