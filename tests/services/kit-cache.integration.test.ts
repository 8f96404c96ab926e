import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createCache, type Cache } from "../../services/kit/src/cache.ts";
import { createLogger } from "../../services/kit/src/logger.ts";
import { fromSortable, type Lsn } from "../../services/kit/src/lsn.ts";
import { createMetrics } from "../../services/kit/src/metrics.ts";
import { createRedis } from "../../services/kit/src/redis.ts";
import { eventually, startDaemons, type Daemons } from "./daemons.ts";

let daemons: Daemons;
let redis: ReturnType<typeof createRedis>;
let cache: Cache;
let topic: string;
let topics = 0;

beforeAll(async () => {
  daemons = await startDaemons(["replica", "storage"]);
  const logger = createLogger({ service: "test", instance: "test-1", level: "silent" });
  redis = createRedis(`redis://127.0.0.1:${daemons.redis.port}`, "test:", logger);
  cache = createCache(redis, logger, createMetrics("test", "0"));
  await eventually(() => redis.ping());
});

afterAll(async () => {
  redis.disconnect();
  await daemons.stop();
});

beforeEach(() => {
  topic = `topic-${topics++}`;
});

/** Position `n` of the write-ahead log. */
function at(n: number): Lsn {
  const lsn = fromSortable(n.toString(16).toUpperCase().padStart(16, "0"));
  if (!lsn) throw new Error("not a position");
  return lsn;
}

/** What the cache gives, or else what `node` has. */
async function read(text: string, { seen, node = "replica-1" }: { seen?: Lsn; node?: string } = {}) {
  const answer = await cache.get(topic, "list", seen, () => Promise.resolve({ text, servedBy: node }));
  return `${answer.text} from ${answer.servedBy}`;
}

test("an answer is kept until something is written", async () => {
  expect(await read("old")).toBe("old from replica-1");
  expect(await read("new")).toBe("old from cache");
  await cache.invalidate(topic, at(10));
  expect(await read("new")).toBe("new from replica-1");
  expect(await read("newer")).toBe("new from cache");
});

test("a client that has seen more than was cached is not given less", async () => {
  await read("old");
  expect(await read("new", { seen: at(20) })).toBe("new from replica-1");
  expect(await read("newer", { seen: at(20) })).toBe("new from cache");
});

test("a client cannot keep others from seeing writes by saying it has seen the future", async () => {
  const future = at(2 ** 50);
  await cache.invalidate(topic, at(10));
  expect(await read("now", { seen: future, node: "primary" })).toBe("now from primary");
  await cache.invalidate(topic, at(11));
  expect(await read("later")).toBe("later from replica-1");
});

test("a reader that began before a write does not bring back what was there before it", async () => {
  let finish: (text: string) => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    void cache.get(topic, "list", undefined, async () => {
      resolve();
      return { text: await new Promise<string>((done) => (finish = done)), servedBy: "replica-1" };
    });
  });
  await begun;
  await cache.invalidate(topic, at(10));
  finish("old");
  await expect.poll(() => redis.exists(`${topic}:list`)).toBe(1);
  expect(await read("new")).toBe("new from replica-1");
});

test("versions only move forward, whoever is late", async () => {
  await cache.invalidate(topic, at(20));
  await read("at 20");
  await cache.invalidate(topic, at(10));
  expect(await read("again")).toBe("at 20 from cache");
});

test("of many who ask at once one reads", async () => {
  let loads = 0;
  const ask = () =>
    cache.get(topic, "list", undefined, async () => {
      loads++;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { text: "x", servedBy: "replica-1" };
    });
  await Promise.all(Array.from({ length: 20 }, ask));
  expect(loads).toBe(1);
});

test("while Redis is away nothing is cached; what was written then is told when it is back", async () => {
  await read("old");
  await daemons.redis.kill();
  await expect.poll(() => redis.status).not.toBe("ready");
  expect(await read("live")).toBe("live from replica-1");
  await cache.invalidate(topic, at(30));
  await daemons.redis.start();
  await expect.poll(() => redis.status, { timeout: 10_000 }).toBe("ready");
  await expect.poll(() => redis.get(`${topic}:version`)).toBe("000000000000001E");
  expect(await read("new")).toBe("new from replica-1");
});
