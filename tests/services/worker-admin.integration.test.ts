import { randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "./daemons.ts";
import type { RunningService } from "./service.ts";
import { createSubject, setRole } from "./tenants.ts";
import { startWorkerWorld, type WorkerWorld } from "./worker-world.ts";

const release = new AsyncDisposableStack();
let world: WorkerWorld;
let worker: RunningService;
let ours: { subjectId: string; organisationId: string };
let theirs: { subjectId: string; organisationId: string };
let operator: string;

beforeAll(async () => {
  world = release.use(await startWorkerWorld());
  [ours, theirs] = [await world.tenant("Ours"), await world.tenant("Theirs")];
  operator = await createSubject(world.daemons, "Operator");
  const settings = { OPERATORS: operator, BOARD_KEY: randomBytes(32).toString("base64") };
  worker = release.use(await world.start("worker-1", settings));
});
beforeEach(async () => {
  await world.sql("DELETE FROM jobs.jobs WHERE organisation_id IS NOT NULL");
});
afterAll(() => release.disposeAsync());

/** A dead job of a kind that ends at once when it is run again: its webhook is not there. */
async function bury(organisationId: string): Promise<string> {
  const id = randomUUID();
  const event = {
    type: "task.created",
    occurredAt: new Date(),
    entityId: id,
    projectId: null,
    actorId: null,
    payload: {},
  };
  const payload = JSON.stringify({ webhookId: randomUUID(), event });
  await world.sql(
    `INSERT INTO jobs.jobs (id, kind, key, organisation_id, payload, state, attempts, last_error, died_at)
     VALUES ('${id}', 'webhook.deliver', '${id}', '${organisationId}', '${payload}', 'dead', 10, 'planned', now())`,
  );
  return id;
}

async function send(subject: string, method: string, path: string, organisationId = ours.organisationId) {
  const answer = await fetch(`${worker.url}/organisations/${organisationId}${path}`, {
    method,
    headers: await world.issuer.bearer(subject),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    body: (text === "" ? undefined : JSON.parse(text)) as Record<string, unknown> | undefined,
  };
}

describe("dead letters", () => {
  test("are listed in pages and shown with what they were to do", async () => {
    const ids = [await bury(ours.organisationId), await bury(ours.organisationId), await bury(ours.organisationId)];
    await bury(theirs.organisationId);
    const first = await send(ours.subjectId, "GET", "/dead-letters?limit=2");
    expect(first.status).toBe(200);
    const second = await send(ours.subjectId, "GET", `/dead-letters?limit=2&cursor=${String(first.body?.["next"])}`);
    const seen = [first, second].flatMap(({ body }) => body?.["items"] as { id: string; lastError: string }[]);
    expect(seen.map(({ id }) => id).sort()).toEqual(ids.sort());
    expect(seen[0]?.lastError).toBe("planned");
    const one = await send(ours.subjectId, "GET", `/dead-letters/${ids[0] ?? ""}`);
    expect(one.body).toMatchObject({ kind: "webhook.deliver", payload: { event: { type: "task.created" } } });
    const jobs = await send(ours.subjectId, "GET", "/jobs?state=dead&kind=webhook.deliver");
    expect(jobs.body?.["items"]).toHaveLength(3);
    expect((await send(ours.subjectId, "GET", "/jobs?state=pending")).body?.["items"]).toEqual([]);
  });

  test("are run again", async () => {
    const id = await bury(ours.organisationId);
    expect(await send(ours.subjectId, "POST", `/dead-letters/${id}/replay`)).toMatchObject({
      status: 202,
      body: { id, state: "pending", attempts: 0 },
    });
    await eventually(async () => expect(await world.sql(`SELECT 1 FROM jobs.jobs WHERE id = '${id}'`)).toEqual([]));
    expect((await send(ours.subjectId, "POST", `/dead-letters/${id}/replay`)).status).toBe(404);
    expect(await audited(id)).toEqual([{ action: "job.replayed", actor_id: ours.subjectId }]);
  });

  test("are discarded", async () => {
    const id = await bury(ours.organisationId);
    expect((await send(ours.subjectId, "DELETE", `/dead-letters/${id}`)).status).toBe(204);
    expect((await send(ours.subjectId, "GET", `/dead-letters/${id}`)).status).toBe(404);
    expect(await audited(id)).toEqual([{ action: "job.discarded", actor_id: ours.subjectId }]);
  });

  const audited = (id: string) =>
    world.sql(`SELECT action, actor_id FROM platform.audit_events WHERE target_id = '${id}'`);
});

test("every route is closed to strangers, to those without the right, and to another tenant's objects", async () => {
  const id = await bury(ours.organisationId);
  const member = await createSubject(world.daemons, "Member");
  await setRole(world.daemons, ours.organisationId, member, "member");
  const document = (await (await fetch(`${worker.url}/openapi.json`)).json()) as { paths: Record<string, object> };
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path: path.replace("{jobId}", id) })),
  );
  expect(operations.length).toBeGreaterThan(5);
  for (const { method, path } of operations) {
    const anonymous = await fetch(worker.url + path.replace("{organisationId}", ours.organisationId), { method });
    expect([method, path, anonymous.status]).toEqual([method, path, 401]);
    const below = path.replace("/organisations/{organisationId}", "");
    expect([below, (await send(theirs.subjectId, method, below)).status]).toEqual([below, 404]);
    if (below.includes(id)) {
      const own = await send(theirs.subjectId, method, below, theirs.organisationId);
      expect([below, own.status]).toEqual([below, 404]);
    }
    if (!below.startsWith("/working-days")) expect((await send(member, method, below)).status).toBe(403);
  }
  expect(await world.sql(`SELECT state FROM jobs.jobs WHERE id = '${id}'`)).toEqual([{ state: "dead" }]);
});

describe("the queue board", () => {
  const board = `https://platform.test/jobs/board`;
  const open = (cookie?: string, path = "/", init: RequestInit = {}) =>
    fetch(`${worker.url}/board${path}`, {
      ...init,
      redirect: "manual",
      headers: { ...(cookie !== undefined && { cookie }), ...(init.headers as Record<string, string>) },
    });
  const signIn = async (subject: string, claims: Record<string, unknown> = {}) =>
    open(undefined, "/session", {
      method: "POST",
      body: new URLSearchParams({ token: await world.issuer.sign({ sub: subject, ...claims }) }),
    });
  const session = async () => {
    const answer = await signIn(operator);
    return answer.headers.get("set-cookie")?.split(";")[0] ?? "";
  };

  test("asks for a sign-in, and gives nothing without", async () => {
    for (const path of ["/", "/api/queues", "/queue/webhook.deliver", "/static/css/none.css"]) {
      const answer = await open(undefined, path);
      expect([path, answer.status]).toEqual([path, 401]);
      expect(await answer.text()).toContain('action="/jobs/board/session"');
    }
    expect((await open("__Secure-board=v1.AAAA")).status).toBe(401);
  });

  test("opens for an operator, whose session the browser keeps to itself", async () => {
    const answer = await signIn(operator);
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toBe(new URL(`${board}/`).pathname);
    expect(answer.headers.get("set-cookie")).toMatch(
      /^__Secure-board=\S+; Max-Age=900; Path=\/jobs\/board; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/,
    );
    const page = await open(await session());
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<base href="/jobs/board/"');
    const policy = page.headers.get("content-security-policy");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/unsafe|\*/);
    const audit = await world.sql(`SELECT action FROM platform.audit_events WHERE actor_id = '${operator}'`);
    expect(audit).toContainEqual({ action: "queue_board.opened" });
  });

  test("refuses who is no operator, and tokens that are not good", async () => {
    expect((await signIn(ours.subjectId)).status).toBe(403);
    expect((await signIn(operator, { aud: "https://elsewhere.test" })).status).toBe(403);
    expect((await signIn(operator, { exp: 1 })).status).toBe(403);
    expect(
      (await open(undefined, "/session", { method: "POST", body: new URLSearchParams({ token: "x" }) })).status,
    ).toBe(403);
    expect((await open(undefined, "/session", { method: "POST" })).status).toBe(403);
  });

  test("shows queues and what is in them, but not what that is about", async () => {
    const id = await bury(ours.organisationId);
    const later = "UPDATE jobs.jobs SET state = 'pending', run_after = now() + interval '1 hour'";
    await world.sql(`${later} WHERE id = '${id}'`);
    const { Redis } = await import("ioredis");
    const redis = new Redis(world.daemons.redis.port, "127.0.0.1");
    const stored = { name: "webhook.deliver", data: '{"secret":"hidden"}', opts: "{}", timestamp: "1", delay: "0" };
    await redis.hset(`worker:jobs:webhook.deliver:${id}`, stored);
    await redis.zadd("worker:jobs:webhook.deliver:delayed", (Date.now() + 3_600_000) * 4096, id);
    redis.disconnect();
    const cookie = await session();
    const text = await (await open(cookie, "/api/queues?activeQueue=webhook.deliver&status=delayed&page=1")).text();
    expect(text).toContain(id);
    expect(text).toContain("outbox.trim");
    expect(text).not.toContain("hidden");
    expect(await (await open(cookie, `/api/queues/webhook.deliver/${id}`)).text()).not.toContain("hidden");
    expect((await open(cookie, "/api/queues/webhook.deliver/workers")).status).toBe(200);
    expect((await open(cookie, "/api/redis/stats")).status).toBe(403);
  });

  test("changes nothing", async () => {
    const cookie = await session();
    for (const [method, path] of [
      ["PUT", "/api/queues/pause"],
      ["PUT", "/api/queues/webhook.deliver/empty"],
      ["POST", "/api/queues/webhook.deliver/add"],
      ["DELETE", "/api/queues"],
    ] as const) {
      expect([path, (await open(cookie, path, { method })).status]).toEqual([path, 405]);
    }
  });

  test("closes when its operator signs out everywhere", async () => {
    const cookie = await session();
    expect((await open(cookie)).status).toBe(200);
    await world.sql(
      `UPDATE access.subjects SET tokens_valid_from = now() + interval '1 second' WHERE id = '${operator}'`,
    );
    expect((await open(cookie)).status).toBe(401);
    await world.sql(
      `UPDATE access.subjects SET tokens_valid_from = '-infinity', disabled_at = now() WHERE id = '${operator}'`,
    );
    expect((await open(cookie)).status).toBe(401);
    await world.sql(`UPDATE access.subjects SET disabled_at = NULL WHERE id = '${operator}'`);
  });
});

describe("its health", () => {
  test("is told with its metrics", async () => {
    await bury(ours.organisationId);
    const { code, checks } = await worker.readiness();
    expect(code).toBe(200);
    expect(Object.keys(checks)).toEqual(["postgres-primary", "postgres-replicas", "redis-queue", "redis-cache"]);
    const text = await (await fetch(`${worker.internalUrl}/metrics`)).text();
    for (const line of [
      'jobs_dead_count{kind="webhook.deliver"} 1',
      'jobs_pending_count{kind="webhook.dispatch"} 0',
      'jobs_oldest_pending_seconds{kind="webhook.deliver"} 0',
      'outbox_lag_seconds{reader="jobs"} 0',
      'jobs_processed_total{kind="outbox.trim",result="done"} 1',
      'job_duration_seconds_count{kind="outbox.trim"} 1',
    ]) {
      expect(text).toContain(line);
    }
  });

  test("is bad without Redis or Postgres, and good again when they are back", async () => {
    for (const daemon of [world.daemons.redis, world.daemons.primary]) {
      await daemon.kill();
      await eventually(async () => expect((await worker.readiness()).code).toBe(503));
      await eventually(daemon.start);
      await eventually(async () => expect((await worker.readiness()).code).toBe(200));
    }
  });
});

test("what is no longer needed is removed on schedule, once for all instances", async () => {
  const subject = ours.subjectId;
  await world.sql(
    `INSERT INTO platform.idempotency_keys (subject_id, key, request_hash, status, headers, created_at)
       SELECT '${subject}', age::text, '', 200, '{}', now() - make_interval(hours => age) FROM unnest('{1,30}'::int[]) age;
     INSERT INTO access.revoked_sessions (session_id, subject_id, revoked_at)
       SELECT age::text, '${subject}', now() - make_interval(hours => age) FROM unnest('{1,30}'::int[]) age;
     INSERT INTO jobs.jobs (kind, key, payload, state, died_at)
       SELECT 'old', age::text, '{}', 'dead', now() - make_interval(days => age) FROM unnest('{1,40}'::int[]) age;
     UPDATE jobs.schedules SET slot = slot - interval '1 day'`,
  );
  await eventually(async () => {
    expect(await world.sql(`SELECT key FROM platform.idempotency_keys`)).toEqual([{ key: "1" }]);
    expect(await world.sql(`SELECT session_id FROM access.revoked_sessions`)).toEqual([{ session_id: "1" }]);
    expect(await world.sql(`SELECT key FROM jobs.jobs WHERE kind = 'old'`)).toEqual([{ key: "1" }]);
  });
});
