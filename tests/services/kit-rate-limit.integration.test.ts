import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { readConfig } from "@purlin/kit/config";
import { createApp } from "@purlin/kit/http";
import type { Identity } from "@purlin/kit/identity";
import { createMetrics } from "@purlin/kit/metrics";
import { createRateLimit, rateLimitEnv, type RateLimits } from "@purlin/kit/rate-limit";
import { createReadiness } from "@purlin/kit/readiness";
import { createRedis } from "@purlin/kit/redis";
import { route } from "@purlin/kit/route";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { eventually, startDaemons, type Daemons } from "./daemons.ts";
import { logger } from "./kit-world.ts";

const release = new AsyncDisposableStack();
let daemons: Daemons;

beforeAll(async () => {
  daemons = await startDaemons(["storage", "replica"]);
  release.defer(daemons.stop);
});

afterAll(() => release.disposeAsync());

type Call = (subject: string, options?: { method?: string; address?: string }) => Promise<Response>;

/** An instance of a service with one route of each kind; who calls is what `authorization` says. */
async function startInstance(
  limits: Partial<RateLimits>,
): Promise<{ call: Call; redis: ReturnType<typeof createRedis> }> {
  const metrics = createMetrics("test", "0");
  const redis = createRedis(`redis://127.0.0.1:${daemons.redis.port}`, "test:", logger);
  release.defer(() => {
    redis.disconnect();
  });
  await eventually(() => redis.ping());
  const { RATE_LIMITS } = readConfig(z.object(rateLimitEnv), { RATE_LIMITS: JSON.stringify(limits) });
  const definition = { tag: "Test", summary: "A test", responses: { 204: { description: "Done" } } };
  const handle = () => Promise.resolve({ status: 204 } as const);
  const app = createApp({
    logger,
    metrics,
    readiness: createReadiness([]),
    routes: [
      route({ ...definition, method: "get", path: "/", operationId: "read", access: "signed-in", handle }),
      route({ ...definition, method: "post", path: "/", operationId: "write", access: "signed-in", handle }),
      route({ ...definition, method: "get", path: "/public", operationId: "public", access: "public", handle }),
    ],
    authenticator: {
      authenticate: ({ authorization = "" }) => Promise.resolve(identity(authorization)),
      refresh: (known) => Promise.resolve(known),
    },
    limit: createRateLimit({ limits: RATE_LIMITS, redis, logger, metrics }),
    jsonLimit: 1024,
  });
  const server = createServer(app);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  release.defer(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    redis,
    call: (subject, { method = "GET", address = "203.0.113.1" } = {}) =>
      fetch(url + (subject === "" ? "/public" : "/"), {
        method,
        headers: { authorization: subject, "x-forwarded-for": address },
      }),
  };
}

function identity(subjectId: string): Identity {
  return { subjectId, kind: "user", via: "token", expiresAt: Infinity, restricted: false, organisations: new Map() };
}

/** How many of `count` requests, sent by the instances in turn, get through. */
async function allowed(calls: Call[], count: number, ...request: Parameters<Call>): Promise<number> {
  let through = 0;
  for (let sent = 0; sent < count; sent += calls.length) {
    const round = calls.slice(0, count - sent).map((call) => call(...request));
    through += (await Promise.all(round)).filter(({ status }) => status === 204).length;
  }
  return through;
}

describe("over four instances", () => {
  test("a subject gets its quota and no more, within a tenth, and mostly without asking Redis", async () => {
    const limits = { read: { limit: 400, window: 60 } };
    const instances = await Promise.all(Array.from({ length: 4 }, () => startInstance(limits)));
    const before = await commands(instances[0]?.redis);
    const through = await allowed(
      instances.map(({ call }) => call),
      1000,
      randomUUID(),
    );
    expect(through).toBeGreaterThanOrEqual(360);
    expect(through).toBeLessThanOrEqual(400);
    expect((await commands(instances[0]?.redis)) - before).toBeLessThan(60);
  });

  test("a small quota is exact", async () => {
    const instances = await Promise.all(
      Array.from({ length: 4 }, () => startInstance({ read: { limit: 10, window: 60 } })),
    );
    expect(
      await allowed(
        instances.map(({ call }) => call),
        60,
        randomUUID(),
      ),
    ).toBe(10);
  });
});

test("each subject, and each kind of route, has a quota of its own", async () => {
  const { call } = await startInstance({ read: { limit: 2, window: 60 }, write: { limit: 1, window: 60 } });
  const [ada, bob] = [randomUUID(), randomUUID()];
  expect(await allowed([call], 5, ada)).toBe(2);
  expect(await allowed([call], 5, bob)).toBe(2);
  expect(await allowed([call], 5, ada, { method: "POST" })).toBe(1);
});

test("public routes count by address, and an IPv6 network is one address", async () => {
  const { call } = await startInstance({ public: { limit: 3, window: 60 } });
  expect(await allowed([call], 5, "", { address: "198.51.100.7" })).toBe(3);
  expect(await allowed([call], 5, "", { address: "198.51.100.8" })).toBe(3);
  expect(await allowed([call], 2, "", { address: "2001:db8:0:1::1" })).toBe(2);
  expect(await allowed([call], 5, "", { address: "2001:db8:0:1:ffff::2" })).toBe(1);
  expect(await allowed([call], 1, "", { address: "2001:db8:0:2::1" })).toBe(1);
});

test("every answer says what is left, and a refusal when to come back", async () => {
  const { call } = await startInstance({ read: { limit: 2, window: 30 } });
  const subject = randomUUID();
  const answers = [await call(subject), await call(subject), await call(subject)];
  expect(answers.map(({ status }) => status)).toEqual([204, 204, 429]);
  for (const { headers } of answers) expect(headers.get("ratelimit-policy")).toBe('"read";q=2;w=30');
  expect(answers.map(({ headers }) => headers.get("ratelimit")?.replace(/t=.*/, ""))).toEqual([
    '"read";r=1;',
    '"read";r=0;',
    '"read";r=0;',
  ]);
  const wait = Number(answers[2]?.headers.get("retry-after"));
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(30);
  expect(answers[0]?.headers.has("retry-after")).toBe(false);
  expect(await answers[2]?.json()).toMatchObject({ code: "too_many_requests" });
});

test("a new window brings a new quota", async () => {
  const { call } = await startInstance({ read: { limit: 100, window: 1 } });
  const subject = randomUUID();
  expect(await allowed([call], 200, subject)).toBeLessThanOrEqual(200);
  const refused = await eventually(async () => {
    const answer = await call(subject);
    if (answer.status !== 429) throw new Error("not refused yet");
    return answer;
  });
  await sleep(1000 * Number(refused.headers.get("retry-after")) + 50);
  expect((await call(subject)).status).toBe(204);
});

describe("without Redis", () => {
  test.each(["killed", "frozen"])(
    "%s: each instance counts alone, nobody waits long, and it mends itself",
    async (how) => {
      const { call, redis } = await startInstance({ read: { limit: 20, window: 60 } });
      const { redis: daemon } = daemons;
      if (how === "killed") await daemon.kill();
      else daemon.freeze();
      try {
        const start = performance.now();
        expect(await allowed([call], 60, randomUUID())).toBe(20);
        expect(performance.now() - start).toBeLessThan(5000);
      } finally {
        if (how === "killed") await daemon.start();
        else daemon.thaw();
      }
      const subject = randomUUID();
      await eventually(async () => {
        await call(subject);
        if ((await redis.exists(`rate:read:${subject}`)) === 0) throw new Error("not counted in Redis yet");
      });
    },
  );
});

/** Reservations so far. */
async function commands(redis: ReturnType<typeof createRedis> | undefined): Promise<number> {
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec((await redis?.info("commandstats")) ?? "")?.[1] ?? 0);
}

test.each(["{", "[]", '{"read":{"limit":0,"window":60}}', '{"other":{"limit":1,"window":1}}'])(
  "settings like %s are refused",
  (text) => {
    expect(() => readConfig(z.object(rateLimitEnv), { RATE_LIMITS: text })).toThrow(/RATE_LIMITS/);
  },
);
