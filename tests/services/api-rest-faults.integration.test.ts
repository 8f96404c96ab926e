import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startWorld, type World } from "./api-data-world.ts";
import { load, nothingSeen, send, type Seen } from "./api-load.ts";
import { unlimited } from "./api-subject.ts";
import { eventually } from "./daemons.ts";
import { startService, type RunningService } from "./service.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld({ RATE_LIMITS: unlimited });
});

afterAll(() => world[Symbol.asyncDispose]());

const root = () => `/organisations/${world.ours.organisationId}`;
const tasks = () => `/projects/${world.ours.projectId}/tasks`;
const create = () => world.ours.owner.send("POST", tasks(), { title: "kept" });
const get = () => world.ours.owner.send("GET", `/tasks/${world.ours.taskId}`);

async function untilStatus(status: string): ReturnType<RunningService["readiness"]> {
  return eventually(async () => {
    const report = await world.api.readiness();
    if (report.status !== status) throw new Error(`${JSON.stringify(report)} is not ${status}`);
    return report;
  });
}

async function untilServedBy(node: string, path: string): Promise<void> {
  await eventually(async () => {
    const servedBy = (await world.ours.owner.send("GET", path)).headers.get("x-served-by");
    if (servedBy !== node) throw new Error(`served by ${String(servedBy)}`);
  });
}

/** Runs `during` while clients write and read; gives what they saw. */
async function underLoad(
  service: RunningService,
  during: (leave: AbortController, seen: Seen) => Promise<void>,
): Promise<Seen> {
  const leave = new AbortController();
  const seen = nothingSeen();
  const ended = load({
    url: service.url,
    headers: await world.ours.owner.headers(),
    write: { path: root() + tasks(), body: { title: "load" } },
    read: { path: `${root()}/tasks/${world.ours.taskId}` },
    clients: 8,
    signal: leave.signal,
    seen,
  });
  try {
    await during(leave, seen);
  } finally {
    leave.abort();
    await ended;
  }
  return seen;
}

async function expectKept({ acknowledged }: Seen): Promise<void> {
  expect(acknowledged.length).toBeGreaterThan(0);
  const rows = await world.daemons.sqlIn("app", "SELECT id FROM tasks");
  const ids = new Set(rows.map(({ id }) => id));
  expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
  expect(new Set(acknowledged).size).toBe(acknowledged.length);
}

describe("readiness tells the truth about each dependency, and the rest goes on", () => {
  test("without the primary: unready, reads from the replica, writes refused as unavailable", async () => {
    await untilStatus("ready");
    await untilServedBy("replica-1", `/tasks/${world.ours.taskId}`);
    await world.daemons.primary.kill();
    const { code, checks } = await untilStatus("unready");
    expect([code, checks["postgres-primary"]?.ok, checks["postgres-replicas"]?.ok]).toEqual([503, false, true]);
    expect((await get()).status).toBe(200);
    const refused = await create();
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    expect((await fetch(`${world.api.url}/healthz`)).status).toBe(200); // the instance still has reads to serve
    await world.daemons.primary.start();
    await untilStatus("ready");
    expect((await create()).status).toBe(201);
  });

  test("without the replica: degraded, reads from the primary, and from the replica once it is back", async () => {
    await world.daemons.replica.kill();
    const { code, checks } = await untilStatus("degraded");
    expect([code, checks["postgres-replicas"]?.ok]).toEqual([200, false]);
    const answer = await get();
    expect([answer.status, answer.headers.get("x-served-by")]).toEqual([200, "primary"]);
    await world.daemons.replica.start();
    await untilStatus("ready");
    await untilServedBy("replica-1", `/tasks/${world.ours.taskId}`);
  });

  test("without Redis: degraded, lists come from Postgres and are cached again once it is back", async () => {
    await world.daemons.redis.kill();
    expect((await untilStatus("degraded")).checks["redis-cache"]?.ok).toBe(false);
    expect((await create()).status).toBe(201);
    const list = await world.ours.owner.send("GET", "/tasks");
    expect(list.status).toBe(200);
    expect(list.headers.get("x-served-by")).not.toBe("cache");
    await world.daemons.redis.start();
    await untilStatus("ready");
    await untilServedBy("cache", "/tasks");
  });

  test("without storage: unready, and all that needs no files goes on", async () => {
    await world.daemons.storage.kill();
    expect((await untilStatus("unready")).checks["storage"]?.ok).toBe(false);
    expect([(await create()).status, (await get()).status]).toEqual([201, 200]);
    await world.daemons.storage.start();
    await untilStatus("ready");
  });
});

describe.each(["primary", "replica", "redis", "storage"] as const)("%s frozen under load", (name) => {
  test("reads go on meanwhile, every request is answered, no write is lost, and all is well afterwards", async () => {
    await untilStatus("ready");
    const daemon = world.daemons[name];
    const seen = await underLoad(world.api, async (_, { statuses }) => {
      await sleep(500);
      daemon.freeze();
      try {
        await untilStatus(name === "primary" || name === "storage" ? "unready" : "degraded");
        const before = statuses.get(200) ?? 0;
        await expect.poll(() => statuses.get(200) ?? 0, { timeout: 8000 }).toBeGreaterThan(before + 20);
      } finally {
        daemon.thaw();
      }
      await untilStatus("ready");
    });
    expect(seen.lost).toEqual([]);
    expect([...seen.statuses.keys()].filter((status) => ![200, 201, 503].includes(status))).toEqual([]);
    if (name !== "primary") expect(seen.statuses.get(503) ?? 0).toBe(0);
    await expectKept(seen);
    expect([(await create()).status, (await get()).status]).toEqual([201, 200]);
  });
});

describe("graceful stop", () => {
  test("under load no request is lost, and what was acknowledged is there", async () => {
    await using stopping = await startService("api", "api-2", world.env);
    let code: Promise<number | null> | undefined;
    const seen = await underLoad(stopping, async (leave) => {
      await sleep(1000);
      code = stopping.stop();
      // As a gateway does: it asks for the instance's health, and sends elsewhere once that fails.
      while ((await send(`${stopping.url}/healthz`)).status === 200) await sleep(50);
      leave.abort();
    });
    expect(seen.lost).toEqual([]);
    expect([...seen.statuses.keys()].toSorted()).toEqual([200, 201]);
    expect(await code).toBe(0);
    await expectKept(seen);
  });

  test("whoever was connected just now is served until they look again, and told then", async () => {
    await using stopping = await startService("api", "api-2", world.env);
    const look = () => send(`${stopping.url}/healthz`, { headers: { connection: "close" } });
    expect((await look()).status).toBe(200);
    const code = stopping.stop();
    await sleep(500); // the gateway's own time
    expect((await look()).status).toBe(503);
    expect(await code).toBe(0);
  });

  test("says that it is draining, and stops without delay when nobody is connected", async () => {
    await using stopping = await startService("api", "api-3", world.env);
    expect(await stopping.stop("SIGINT")).toBe(0);
    expect(stopping.logs().map(({ msg }) => msg)).toEqual(expect.arrayContaining(["draining", "stopped"]));
  });

  test("a taken port ends the process at once, with the reason", async () => {
    const refused = startService("api", "api-5", world.env, { port: world.daemons.redis.port });
    await expect(refused).rejects.toThrow(/exited with 1(.|\n)*EADDRINUSE/);
  });

  test("an environment that is not usable is refused, with every problem at once", async () => {
    const wrong = { ...world.env, S3_REGION: "", POSTGRES_PRIMARY_URL: "nonsense", INTERNAL_PORT: "0" };
    await expect(startService("api", "api-4", wrong)).rejects.toThrow(
      /INTERNAL_PORT: (.|\n)*POSTGRES_PRIMARY_URL: (.|\n)*S3_REGION: is not set/,
    );
  });
});
