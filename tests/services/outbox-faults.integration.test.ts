import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "./daemons.ts";
import { serviceUrl } from "./databases.ts";
import { connect, migrateEnv, startRealtime, type Listener } from "./realtime.ts";
import { migrateService, type RunningService } from "./service.ts";
import { startSlowProxy, type SlowProxy } from "./slow-proxy.ts";
import { emitEvents } from "./worker.ts";
import { startReceiver, type Receiver } from "./worker-receiver.ts";
import { startWorkerWorld, type WorkerWorld } from "./worker-world.ts";

/*
 * What comes of committed events, webhooks by the worker and messages by realtime, while a dependency of both is frozen
 * or slow: late at worst, never lost, never doubled. A webhook whose answer could not be recorded is sent again under its
 * id, by which its receiver knows it.
 */

const release = new AsyncDisposableStack();
let world: WorkerWorld;
let tenant: { subjectId: string; organisationId: string };
let services: Record<"worker" | "realtime", RunningService>;
let proxies: Record<"primary" | "replica" | "redis", SlowProxy>;
let receiver: Receiver;
let listener: Listener;

beforeAll(async () => {
  world = release.use(await startWorkerWorld());
  const { daemons, issuer } = world;
  await daemons.replica.start();
  await migrateService("realtime", migrateEnv(daemons));
  proxies = {
    primary: release.use(await startSlowProxy(daemons.primary.port)),
    replica: release.use(await startSlowProxy(daemons.replica.port)),
    redis: release.use(await startSlowProxy(daemons.redis.port)),
  };
  const postgres = ({ port }: SlowProxy) =>
    serviceUrl(daemons, "app").replace(`:${daemons.primary.port}/`, `:${port}/`);
  const redis = `redis://127.0.0.1:${proxies.redis.port}`;
  const through = {
    POSTGRES_PRIMARY_URL: postgres(proxies.primary),
    POSTGRES_REPLICA_URLS: postgres(proxies.replica),
    REDIS_CACHE_URL: redis,
  };
  services = {
    worker: release.use(
      await world.start("worker-1", { ...through, REDIS_QUEUE_URL: redis, QUEUE_LOCK_SECONDS: "10" }),
    ),
    realtime: release.use(await startRealtime(daemons, issuer, "realtime-1", through)),
  };
  tenant = await world.tenant("Ours");
  receiver = release.use(await startReceiver());
  await world.webhook(tenant.organisationId, `${receiver.url}/hook`, ["task.created"]);
  listener = release.use(await join());
});

afterAll(() => release.disposeAsync());

/** Somebody who hears everything of the organisation. */
async function join(): Promise<Listener> {
  const { subjectId, organisationId } = tenant;
  const joined = await connect(services.realtime, await world.issuer.sign({ sub: subjectId }));
  expect(await joined.ask("subscribe", { organisationId })).toMatchObject({ ok: true });
  return joined;
}

async function untilStatus(service: RunningService, accepted: readonly string[]): Promise<void> {
  await eventually(async () => {
    const { status } = await service.readiness();
    if (!accepted.includes(status)) throw new Error(`it is ${status}`);
  });
}

const allReady = () => Promise.all(Object.values(services).map((service) => untilStatus(service, ["ready"])));

/** Commits events, some at a time, while `during` goes on. What does not get through is tried by nobody. */
async function underLoad(during: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const writing = (async () => {
    while (!stop.signal.aborted) {
      const { organisationId: organisation } = tenant;
      await emitEvents(world.daemons, "task.created", 4, { organisation }).catch(() => undefined);
      await sleep(50);
    }
  })();
  try {
    await during();
  } finally {
    stop.abort();
    await writing;
  }
}

/** Entities of the events committed so far, in order. */
async function committed(): Promise<string[]> {
  const rows = await world.sql("SELECT entity_id FROM platform.outbox WHERE type = 'task.created' ORDER BY entity_id");
  return rows.map(({ entity_id }) => String(entity_id));
}

const told = () => listener.events.map(({ entityId }) => entityId).sort();

/** Entities of the webhooks received, in order; one that came again under its id counts once. */
function delivered(): string[] {
  const byId = new Map(receiver.requests.map(({ headers, body }) => [headers["webhook-id"], body]));
  return [...byId.values()].map((body) => (JSON.parse(body) as { data: { entityId: string } }).data.entityId).sort();
}

async function expectEachOnce(): Promise<void> {
  const events = await committed();
  for (const effects of [told, delivered]) {
    await expect.poll(() => effects().length, { timeout: 30_000 }).toBeGreaterThanOrEqual(events.length);
    expect(effects()).toEqual(events);
  }
}

describe.each([
  ["primary", 50],
  ["replica", 300],
  ["redis", 300],
] as const)("%s, %i ms slower under load", (name, milliseconds) => {
  test("every event has its effects, once, meanwhile too", async () => {
    await allReady();
    await underLoad(async () => {
      proxies[name].delay(milliseconds);
      try {
        await sleep(500); // what was on its way before is done
        const before = [told().length, delivered().length] as const;
        await expect.poll(() => told().length, { timeout: 20_000 }).toBeGreaterThan(before[0] + 10);
        await expect.poll(() => delivered().length, { timeout: 20_000 }).toBeGreaterThan(before[1]);
        using late = await join();
        expect(late.socket.connected).toBe(true);
      } finally {
        proxies[name].delay(0);
      }
      await allReady();
    });
    await expectEachOnce();
  });
});

describe.each([
  ["primary", { worker: ["unready"], realtime: ["unready"] }],
  ["replica", { worker: ["degraded"], realtime: ["degraded"] }],
  ["redis", { worker: ["unready"], realtime: ["degraded"] }],
] as const)("%s frozen under load", (name, expected) => {
  test("both say so; afterwards every event has its effects, once, and nobody was put out", async () => {
    await allReady();
    await underLoad(async () => {
      await sleep(500);
      world.daemons[name].freeze();
      try {
        await untilStatus(services.worker, expected.worker);
        await untilStatus(services.realtime, expected.realtime);
        if (name !== "primary") {
          const before = told().length; // messages to sockets need the primary alone
          await expect.poll(() => told().length, { timeout: 8000 }).toBeGreaterThan(before + 10);
        }
        if (name === "replica") (await join())[Symbol.dispose]();
      } finally {
        world.daemons[name].thaw();
      }
      await allReady();
      using late = await join();
      expect(late.socket.connected).toBe(true);
    });
    await expectEachOnce();
    expect(listener.socket.connected).toBe(true);
  });
});
