import { output, type Input } from "@pulumi/pulumi";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { running, type Running } from "../../../tests/harness/running.ts";
import type { Built, Login, NeedOf } from "../component.ts";
import { local } from "./local.ts";
import { redisSpec } from "./spec.ts";

type InstanceName = "cache" | "queue";

const spec = redisSpec.parse({ cache: { maxMemory: "8MiB" }, queue: { maxMemory: "8MiB" } });
const claims = (consumer: string): NeedOf<"redis">[] => [
  { consumer, on: "redis", instance: "cache" },
  { consumer, on: "redis", instance: "queue" },
];

let platform: Running;
let built: Built<"redis">;
const clients: Redis[] = [];

const build = (consumers: NeedOf<"redis">[]) =>
  platform.apply((target) => local(target, { spec, consumers, built: {}, envOf: () => ({}) }));

beforeAll(async () => {
  platform = await running({ redis: spec }, ["redis", "redis_exporter"]);
  built = await build([...claims("api"), ...claims("worker")]);
});
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await platform.stop();
});

describe("a consumer's user", () => {
  test("works on its own keys and channels, as ioredis and bull do", async () => {
    const api = await connect("queue", "api");
    await api.set("api:a", "1");
    expect(await api.eval("return redis.call('incr', KEYS[1])", 1, "api:a")).toBe(2);
    await api.client("SETNAME", "api");
    expect(await api.info("server")).toContain("redis_version");
    expect(await api.publish("api:events", "x")).toBe(0);
  });

  test("reaches nobody else's keys and channels, nor their names", async () => {
    const api = await connect("queue", "api");
    await expect(api.get("worker:a")).rejects.toThrow("NOPERM");
    await expect(api.eval("return redis.call('get', 'worker:a')", 0)).rejects.toThrow(/can't access|NOPERM/);
    await expect(api.publish("worker:events", "x")).rejects.toThrow("NOPERM");
    await expect(api.scan(0)).rejects.toThrow("NOPERM");
  });

  test("may not do what is dangerous", async () => {
    const api = await connect("queue", "api");
    for (const command of ["flushall", "keys *", "config get *", "shutdown", "acl list", "debug sleep 0", "monitor"]) {
      const [name = "", ...args] = command.split(" ");
      await expect(api.call(name, ...args), command).rejects.toThrow("NOPERM");
    }
  });
});

test("nobody gets in without a user", async () => {
  const { port } = built.outputs.cache;
  const anonymous = client({ port: Number(await plain(port)) });
  await expect(anonymous.get("api:a")).rejects.toThrow("NOAUTH");
  await expect(connect("cache", "api", "wrong").then((redis) => redis.ping())).rejects.toThrow(/WRONGPASS|NOAUTH/);
});

test("the queue refuses to forget, the cache forgets", async () => {
  const queue = await connect("queue", "api");
  await expect(fill(queue)).rejects.toThrow("OOM");
  for (let n = 0; n < 100; n++) expect(await queue.exists(`api:fill:${n}`)).toBe(1);
  await queue.del(...Array.from({ length: 5000 }, (_, n) => `api:fill:${n}`));

  const cache = await connect("cache", "api");
  await fill(cache);
  const monitor = await connect("cache", "monitor");
  expect(await monitor.info("stats")).toMatch(/evicted_keys:[1-9]/);
});

test("the queue keeps every acknowledged write through kill -9", async () => {
  const queue = await connect("queue", "api");
  let acknowledged = 0;
  const writing = (async () => {
    for (;;) acknowledged = await queue.incr("api:acknowledged");
  })().catch(() => undefined);
  while (acknowledged < 50) await new Promise(setImmediate);
  await platform.kill("redis-queue");
  await writing;
  await platform.start("redis-queue");
  const after = await connect("queue", "api");
  expect(Number(await after.get("api:acknowledged"))).toBeGreaterThanOrEqual(acknowledged);
});

test("a consumer that leaves is locked out without a restart", async () => {
  const pid = platform.pid("redis-queue");
  const before = await connect("queue", "worker");
  await before.set("worker:a", "1");
  const gone = built.outputs.queue.consumers["worker"]!;
  built = await build(claims("api"));
  expect(platform.pid("redis-queue")).toBe(pid);
  const late = client({
    port: Number(await plain(built.outputs.queue.port)),
    username: gone.user,
    password: await plain(gone.password),
  });
  await expect(late.get("worker:a")).rejects.toThrow(/WRONGPASS|NOAUTH/);
  const api = await connect("queue", "api");
  expect(await api.ping()).toBe("PONG");
});

test("the exporter answers for both instances", async () => {
  const pages = await Promise.all(built.scrape.map(scrape));
  for (const page of pages) {
    expect(page).toMatch(/^redis_up 1$/m);
    expect(page).toMatch(/^redis_memory_max_bytes 8\.388608e\+06$/m);
    expect(page).toMatch(/^redis_exporter_last_scrape_error\{err=""\} 0$/m);
  }
  expect(pages.join()).toContain('maxmemory_policy="noeviction"');
  expect(pages.join()).toContain('maxmemory_policy="allkeys-lru"');
});

async function connect(instance: InstanceName, who: string, password?: string): Promise<Redis> {
  const { port, consumers } = built.outputs[instance];
  const monitor: Login = { user: "purlin_monitor", password: platform.target.secret("redis/monitor") };
  const login = who === "monitor" ? monitor : consumers[who]!;
  return client({
    port: Number(await plain(port)),
    username: login.user,
    password: password ?? (await plain(login.password)),
  });
}

function client(options: { port: number; username?: string; password?: string }): Redis {
  const redis = new Redis({
    host: "127.0.0.1",
    ...options,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  redis.on("error", () => undefined);
  clients.push(redis);
  return redis;
}

/** More than the instance may hold. */
async function fill(redis: Redis): Promise<void> {
  for (let n = 0; n < 5000; n++) await redis.set(`api:fill:${n}`, "x".repeat(4000));
}

function plain(secret: Input<string | number>): Promise<string> {
  return new Promise((resolve) => {
    output(secret).apply((value) => resolve(String(value)));
  });
}

async function scrape({ address, path = "", params = {} }: Built<"redis">["scrape"][number]): Promise<string> {
  const search = new URLSearchParams();
  for (const [key, values] of Object.entries(params)) search.set(key, values.join());
  return (await fetch(`http://${await plain(address)}${path}?${search.toString()}`)).text();
}
