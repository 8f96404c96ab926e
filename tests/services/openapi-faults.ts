import { expect } from "vitest";
import { eventually, type Daemons } from "./daemons.ts";
import { fixtureOf, send, type Call, type Subject } from "./openapi-calls.ts";
import type { Operation } from "./openapi-document.ts";
import type { RunningService } from "./service.ts";

/* What no request can provoke while all is well: too many of them, and a database that is away. */

const quota = { limit: 1, window: 600 };

/** Settings of an instance that answers a caller once in ten minutes, beside those that answer always. */
export const strict = {
  REDIS_KEY_PREFIX: "strict:",
  RATE_LIMITS: JSON.stringify({ public: quota, read: quota, write: quota }),
};

/** Asks the instance at `url`, which has the settings `strict`, too much of every operation. */
export async function expectLimits(subject: Subject, url: string): Promise<void> {
  const calls = await prepareAll(subject);
  for (const [operation, call] of calls) await send(url, operation, call, subject.owner);
  for (const [operation, call] of calls) {
    const answer = await send(url, operation, call, subject.owner);
    expect([operation.operationId, answer.status]).toEqual([operation.operationId, 429]);
    expect(subject.document.wrongWith(operation, answer)).toEqual([]);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(answer.headers.get("ratelimit")).toMatch(/^"(read|write)";r=0;t=\d+$/);
  }
}

/** Asks a service without replicas for every operation while the primary is away, and again once it is back and `service` has said so. */
export async function expectOutage(subject: Subject, { primary }: Daemons, service: RunningService): Promise<void> {
  const { document, url, owner } = subject;
  const calls = await prepareAll(subject);
  await primary.kill();
  try {
    for (const [operation, call] of calls) {
      const answer = await send(url, operation, call, owner);
      expect([operation.operationId, answer.status, answer.text]).toEqual([operation.operationId, 503, answer.text]);
      expect(document.wrongWith(operation, answer)).toEqual([]);
      expect(answer.text).not.toMatch(/ECONN|postgres|127\.0\.0\.1/i);
    }
  } finally {
    await primary.start();
  }
  await eventually(async () => {
    if ((await service.readiness()).status !== "ready") throw new Error("not ready yet");
  });
  for (const operation of document.operations) {
    const answer = await send(url, operation, await fixtureOf(subject, operation).call(), owner);
    expect([operation.operationId, answer.status < 300]).toEqual([operation.operationId, true]);
  }
}

async function prepareAll(subject: Subject): Promise<[Operation, Call][]> {
  const calls: [Operation, Call][] = [];
  for (const operation of subject.document.operations) {
    calls.push([operation, await fixtureOf(subject, operation).call()]);
  }
  return calls;
}
