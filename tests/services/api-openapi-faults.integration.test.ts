import { afterAll, describe, expect, test } from "vitest";
import { startSubject } from "./api-subject.ts";
import { eventually } from "./daemons.ts";
import { fixtureOf, send, type Call } from "./openapi-calls.ts";
import type { Operation } from "./openapi-document.ts";
import { startService } from "./service.ts";

/* What no request can provoke while all is well: too many of them, and a database that is away. */

const { world, subject } = await startSubject();
const { document } = subject;

afterAll(() => world[Symbol.asyncDispose]());

async function prepareAll(): Promise<[Operation, Call][]> {
  const calls: [Operation, Call][] = [];
  for (const operation of document.operations) calls.push([operation, await fixtureOf(subject, operation).call()]);
  return calls;
}

describe("every operation", () => {
  test("answers 429 as documented, with the time to wait, to who has sent too many", async () => {
    const quota = { limit: 1, window: 600 };
    await using strict = await startService("api", "api-strict", {
      ...world.env,
      REDIS_KEY_PREFIX: "strict:",
      RATE_LIMITS: JSON.stringify({ public: quota, read: quota, write: quota }),
    });
    const calls = await prepareAll();
    for (const [operation, call] of calls) await send(strict.url, operation, call, subject.owner);
    for (const [operation, call] of calls) {
      const answer = await send(strict.url, operation, call, subject.owner);
      expect([operation.operationId, answer.status]).toEqual([operation.operationId, 429]);
      expect(document.wrongWith(operation, answer)).toEqual([]);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(answer.headers.get("ratelimit")).toMatch(/^"(read|write)";r=0;t=\d+$/);
    }
  });

  test("answers 503 as documented while no database is there, and well again once it is", async () => {
    const calls = await prepareAll();
    const { primary, replica } = world.daemons;
    await Promise.all([primary.kill(), replica.kill()]);
    try {
      for (const [operation, call] of calls) {
        const answer = await send(subject.url, operation, call, subject.owner);
        expect([operation.operationId, answer.status, answer.text]).toEqual([operation.operationId, 503, answer.text]);
        expect(document.wrongWith(operation, answer)).toEqual([]);
        expect(answer.text).not.toMatch(/ECONN|postgres|127\.0\.0\.1/i);
      }
    } finally {
      await Promise.all([primary.start(), replica.start()]);
    }
    await eventually(async () => {
      if ((await world.api.readiness()).status !== "ready") throw new Error("not ready yet");
    });
    for (const operation of document.operations) {
      const answer = await send(subject.url, operation, await fixtureOf(subject, operation).call(), subject.owner);
      expect([operation.operationId, answer.status < 300]).toEqual([operation.operationId, true]);
    }
  });
});
