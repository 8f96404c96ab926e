import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startWorld, type World } from "./api-data-world.ts";
import { load, nothingSeen, type Seen } from "./api-load.ts";
import { unlimited } from "./api-subject.ts";
import { eventually } from "./daemons.ts";
import { startService, type RunningService } from "./service.ts";
import { startSlowProxy, type SlowProxy } from "./slow-proxy.ts";

/* A dependency that is slow is worse than one that is away: nothing refuses, everything waits. */

const release = new AsyncDisposableStack();
let world: World;
let api: RunningService;
let proxies: Record<"primary" | "replica" | "redis" | "storage", SlowProxy>;

beforeAll(async () => {
  world = release.use(await startWorld({ RATE_LIMITS: unlimited }));
  const slow = async (port: number) => release.use(await startSlowProxy(port));
  const { primary, replica, redis, storage } = world.daemons;
  proxies = {
    primary: await slow(primary.port),
    replica: await slow(replica.port),
    redis: await slow(redis.port),
    storage: await slow(storage.port),
  };
  const through = (text: string | undefined, from: number, to: SlowProxy) =>
    (text ?? "").replace(`:${from}`, `:${to.port}`);
  api = release.use(
    await startService("api", "api-slow", {
      ...world.env,
      POSTGRES_PRIMARY_URL: through(world.env["POSTGRES_PRIMARY_URL"], primary.port, proxies.primary),
      POSTGRES_REPLICA_URLS: through(world.env["POSTGRES_REPLICA_URLS"], replica.port, proxies.replica),
      REDIS_CACHE_URL: through(world.env["REDIS_CACHE_URL"], redis.port, proxies.redis),
      S3_ENDPOINT: through(world.env["S3_ENDPOINT"], storage.port, proxies.storage),
    }),
  );
  await untilStatus(["ready"]);
});

afterAll(() => release.disposeAsync());

async function untilStatus(accepted: string[]): Promise<void> {
  await eventually(async () => {
    const { status } = await api.readiness();
    if (!accepted.includes(status)) throw new Error(`it is ${status}`);
  });
}

/** What clients see while `during` goes on: they write, and read what `path` names. */
async function underLoad(path: string, during: () => Promise<void>): Promise<Seen> {
  const { ours } = world;
  const root = `/organisations/${ours.organisationId}`;
  const leave = new AbortController();
  const seen = nothingSeen();
  const ended = load({
    url: api.url,
    headers: await ours.owner.headers(),
    write: { path: `${root}/projects/${ours.projectId}/tasks`, body: { title: "slow" } },
    read: { path: root + path },
    clients: 8,
    signal: leave.signal,
    seen,
  });
  try {
    await during();
  } finally {
    leave.abort();
    await ended;
  }
  return seen;
}

describe.each([
  ["primary", 100],
  ["replica", 100],
  ["redis", 100],
  ["redis", 1000],
  ["storage", 1000],
] as const)("%s, %i ms slower under load", (name, milliseconds) => {
  test("every request is served, and all is well afterwards", async () => {
    await untilStatus(["ready"]);
    const path = name === "redis" ? "/tasks?limit=5" : `/tasks/${world.ours.taskId}`; // lists are what is cached
    const seen = await underLoad(path, async () => {
      proxies[name].delay(milliseconds);
      try {
        await sleep(3000);
      } finally {
        proxies[name].delay(0);
      }
      await untilStatus(["ready"]);
    });
    expect(seen.lost).toEqual([]);
    expect([...seen.statuses.keys()].toSorted()).toEqual([200, 201]);
    const rows = await world.daemons.sqlIn("app", "SELECT id FROM tasks");
    const ids = new Set(rows.map(({ id }) => id));
    expect(seen.acknowledged.filter((id) => !ids.has(id))).toEqual([]);
  });
});

test("a replica that became slow is read from as long as it answers", async () => {
  proxies.replica.delay(300);
  try {
    const { organisationId, taskId, owner } = world.ours;
    const answer = await fetch(`${api.url}/organisations/${organisationId}/tasks/${taskId}`, {
      headers: await owner.headers(),
    });
    expect([answer.status, answer.headers.get("x-served-by")]).toEqual([200, "replica-1"]);
  } finally {
    proxies.replica.delay(0);
  }
});
