import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Output } from "@pulumi/pulumi";
import { createLogger } from "@purlin/kit/logger";
import { createJobQueues } from "@purlin/kit/queue";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { aclFile } from "../../stacks/components/redis/acl.ts";
import { eventually, startDaemons, type Daemons } from "./daemons.ts";
import { emitEvents, prepareWorker, startWorkerProcess, type WorkerProcess } from "./worker.ts";
import type { FixtureSettings } from "./worker-fixture.ts";

const release = new AsyncDisposableStack();
let daemons: Daemons;
let afterTest = new AsyncDisposableStack();

beforeAll(async () => {
  daemons = await startDaemons(["replica", "storage"]);
  release.defer(daemons.stop);
  await prepareWorker(daemons);
});
beforeEach(async () => {
  await daemons.sqlIn("app", "TRUNCATE public.effects, public.calls, jobs.jobs, jobs.schedules, platform.outbox");
  const redis = new Redis(daemons.redis.port, "127.0.0.1");
  await redis.flushall();
  redis.disconnect();
});
afterEach(async () => {
  await afterTest.disposeAsync();
  afterTest = new AsyncDisposableStack();
});
afterAll(() => release.disposeAsync());

async function start(settings: Partial<FixtureSettings> = {}): Promise<WorkerProcess> {
  return afterTest.use(await startWorkerProcess(daemons, settings));
}

const number = async (sql: string) => Number((await daemons.sqlIn("app", `SELECT (${sql})::int AS n`))[0]?.["n"]);
/** How many effects there are of events, and for how many events. */
const effects = async () => [
  await number("SELECT count(*) FROM public.effects WHERE event_id IS NOT NULL"),
  await number("SELECT count(DISTINCT event_id) FROM public.effects"),
];
const calls = () => number("SELECT count(*) FROM public.calls");
const jobs = (state: string) =>
  number(`SELECT count(*) FROM jobs.jobs WHERE state = '${state}' AND kind <> 'test.slot'`);
const insertJob = async (kind: string) => {
  const id = randomUUID();
  await daemons.sqlIn(
    "app",
    `INSERT INTO jobs.jobs (id, kind, key, event_id, payload, run_after)
     VALUES ('${id}', '${kind}', '${id}', 1, '{"payload": {}}', now() - interval '1 minute')`,
  );
  return id;
};

describe("a job", () => {
  test("comes of an event, has its effect once and leaves nothing in the queue", async () => {
    await start();
    await emitEvents(daemons, "test.count", 50);
    await emitEvents(daemons, "nobody.cares", 5);
    await eventually(async () => expect(await effects()).toEqual([50, 50]));
    expect(await jobs("pending")).toBe(0);
    await eventually(async () => expect(await queuedKeys()).toEqual([]));
  });

  test("that fails is run again, later each time, and its failures are counted", async () => {
    await start();
    await emitEvents(daemons, "test.call", 1, { payload: { failures: 2 } });
    await eventually(async () => expect(await effects()).toEqual([1, 1]));
    expect(await calls()).toBe(1);
  });

  test("that fails too often is dead, and says of what", async () => {
    await start();
    await emitEvents(daemons, "test.call", 1, { payload: { failures: 9 } });
    await eventually(async () => expect(await jobs("dead")).toBe(1));
    const [row] = await daemons.sqlIn("app", "SELECT attempts, last_error FROM jobs.jobs WHERE state = 'dead'");
    expect(row).toEqual({ attempts: 3, last_error: "planned failure 2" });
    expect(await effects()).toEqual([0, 0]);
    await eventually(async () => expect(await queuedKeys()).toEqual([]));
  });

  test("that fails in a bundle takes none of the others with it", async () => {
    await daemons.sqlIn(
      "app",
      `INSERT INTO platform.outbox (organisation_id, type, entity_id, payload)
       SELECT gen_random_uuid(), 'test.count', gen_random_uuid(), jsonb_build_object('poison', n = 20) FROM generate_series(1, 120) n`,
    );
    await start();
    await eventually(async () => expect(await effects()).toEqual([119, 119]));
    await eventually(async () => expect(await jobs("dead")).toBe(1));
    const [row] = await daemons.sqlIn("app", "SELECT attempts, last_error FROM jobs.jobs WHERE state = 'dead'");
    expect(row).toEqual({ attempts: 3, last_error: "planned poison" });
    expect(await jobs("pending")).toBe(0);
  });

  test("nobody queued is found and run", async () => {
    await start();
    await insertJob("test.count");
    await eventually(async () => expect(await effects()).toEqual([1, 1]));
  });

  test("under which workers died too often is dead, and leaves the queue", async () => {
    const id = await insertJob("test.count");
    const logger = createLogger({ service: "test", instance: "test-1", level: "silent" });
    const queues = createJobQueues(`redis://127.0.0.1:${daemons.redis.port}`, "worker:", logger, 1_000);
    const { bull } = queues.open("test.count");
    await bull.add("other", { jobs: [id] }, { jobId: id, attempts: 1 }); // bull fails what nobody processes under its name
    void bull.process("test.count", 1, () => Promise.resolve());
    await eventually(async () => expect(await bull.getFailedCount()).toBe(1));
    await queues.close();
    await start();
    await eventually(async () => expect(await jobs("dead")).toBe(1));
    await eventually(async () => expect(await queuedKeys()).toEqual([]));
    expect(await effects()).toEqual([0, 0]);
  });
});

describe("two instances", () => {
  test("of which one is frozen with a job: the other does it, and the first finds that it is done", async () => {
    const first = await start();
    await emitEvents(daemons, "test.call", 1, { payload: { milliseconds: 1_500 } });
    await eventually(async () => expect(await calls()).toBe(1));
    first.freeze();
    await start();
    await eventually(async () => expect(await effects()).toEqual([1, 1]));
    expect(await calls()).toBe(2);
    first.thaw();
    await sleep(2_500);
    expect(await effects()).toEqual([1, 1]);
    expect(first.running()).toBe(true);
  });

  test("of which one is killed with a job: the other does it", async () => {
    const first = await start();
    await emitEvents(daemons, "test.call", 8, { payload: { milliseconds: 1_000 } });
    await eventually(async () => expect(await calls()).toBe(8));
    await first.stop("SIGKILL");
    await start();
    await eventually(async () => expect(await effects()).toEqual([8, 8]));
  });

  test("make one job of each slot of a schedule", async () => {
    await Promise.all([start(), start(), start()]);
    await eventually(async () =>
      expect(await number("SELECT count(*) FROM public.effects WHERE event_id IS NULL")).toBeGreaterThan(3),
    );
    const slots = await number("SELECT count(*) FROM public.effects WHERE event_id IS NULL");
    const seconds = await number("SELECT extract(epoch FROM max(at) - min(at)) FROM public.effects");
    expect(slots).toBeLessThanOrEqual(seconds + 2);
    expect(await number("SELECT count(*) - count(DISTINCT job_id) FROM public.effects")).toBe(0);
  });
});

describe("a worker that is told to stop", () => {
  test("finishes what it has begun", async () => {
    const worker = await start({ finishTime: 5_000 });
    await emitEvents(daemons, "test.call", 4, { payload: { milliseconds: 1_000 } });
    await eventually(async () => expect(await calls()).toBe(4));
    expect(await worker.stop("SIGTERM")).toBe(0);
    expect(await effects()).toEqual([4, 4]);
  });

  test("hands back what would take too long, and it counts as no attempt", async () => {
    const worker = await start({ finishTime: 300, lockTime: 60_000 });
    await emitEvents(daemons, "test.call", 1, { payload: { milliseconds: 3_000 } });
    await eventually(async () => expect(await calls()).toBe(1));
    expect(await worker.stop("SIGTERM")).toBe(0);
    expect(await effects()).toEqual([0, 0]);
    expect(await number("SELECT attempts FROM jobs.jobs WHERE kind = 'test.call'")).toBe(0);
    await start({ lockTime: 60_000 }); // the job is not locked: waiting for that would outlast this test
    await eventually(async () => expect(await effects()).toEqual([1, 1]));
  });
});

describe("Redis", () => {
  test("that comes back empty costs nothing but time", async () => {
    await start();
    await emitEvents(daemons, "test.call", 20, { payload: { milliseconds: 400 } });
    await eventually(async () => expect(await calls()).toBeGreaterThan(0));
    await daemons.redis.kill();
    await emitEvents(daemons, "test.count", 20);
    await daemons.redis.start();
    await eventually(async () => expect(await effects()).toEqual([40, 40]));
  });

  test("that freezes holds jobs back until it thaws", async () => {
    await start();
    daemons.redis.freeze();
    await emitEvents(daemons, "test.count", 20);
    await eventually(async () => expect(await jobs("pending")).toBe(20));
    await sleep(3_000); // past what jobs are locked for
    daemons.redis.thaw();
    await eventually(async () => expect(await effects()).toEqual([20, 20]));
  });

  test("with the rights that the platform gives the worker's user is enough", async () => {
    const password = "for-the-test";
    const port = daemons.redis.port;
    const login = { user: "worker", password, keyPrefix: "worker:" };
    const text = await resolved(aclFile({ admin: login, monitor: login, consumers: [login] }));
    const rule = text.trim().split("\n").at(-1) ?? "";
    const admin = new Redis(port, "127.0.0.1");
    afterTest.defer(() => admin.disconnect());
    const [user = "", ...rights] = rule.replace(/^user /, "").split(" ");
    await admin.acl("SETUSER", user, ...rights);
    await admin.call("acl", "log", "reset");
    await start({ redis: `redis://worker:${password}@127.0.0.1:${port}` });
    await emitEvents(daemons, "test.call", 5, { payload: { failures: 1 } });
    await emitEvents(daemons, "test.count", 50);
    await eventually(async () => expect(await effects()).toEqual([55, 55]));
    await sleep(3_000); // past the checks for what is stalled, overdue and abandoned
    expect(await admin.acl("LOG")).toEqual([]);
  });
});

/** Keys of jobs that are still in Redis. */
async function queuedKeys(): Promise<string[]> {
  const redis = new Redis(daemons.redis.port, "127.0.0.1");
  const keys = await redis.keys("*");
  redis.disconnect();
  return keys.filter(
    (key) => /:[0-9a-f]{8}-|:(wait|active|delayed|failed|completed)$/.test(key) && !key.includes("test.slot"),
  );
}

function resolved(value: Output<string>): Promise<string> {
  return new Promise((resolve) => value.apply(resolve));
}
