import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "./daemons.ts";
import type { RunningService } from "./service.ts";
import { bury } from "./worker-operations.ts";
import { startWorkerWorld, type WorkerWorld } from "./worker-world.ts";

const release = new AsyncDisposableStack();
let world: WorkerWorld;
let worker: RunningService;
let ours: { subjectId: string; organisationId: string };
let theirs: { subjectId: string; organisationId: string };

beforeAll(async () => {
  world = release.use(await startWorkerWorld());
  [ours, theirs] = [await world.tenant("Ours"), await world.tenant("Theirs")];
  worker = release.use(await world.start("worker-1"));
});
beforeEach(async () => {
  await world.sql("DELETE FROM jobs.jobs WHERE organisation_id IS NOT NULL");
});
afterAll(() => release.disposeAsync());

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
    const ids = [
      await bury(world, ours.organisationId),
      await bury(world, ours.organisationId),
      await bury(world, ours.organisationId),
    ];
    await bury(world, theirs.organisationId);
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
    const id = await bury(world, ours.organisationId);
    expect(await send(ours.subjectId, "POST", `/dead-letters/${id}/replay`)).toMatchObject({
      status: 202,
      body: { id, state: "pending", attempts: 0 },
    });
    await eventually(async () => expect(await world.sql(`SELECT 1 FROM jobs.jobs WHERE id = '${id}'`)).toEqual([]));
    expect((await send(ours.subjectId, "POST", `/dead-letters/${id}/replay`)).status).toBe(404);
    expect(await audited(id)).toEqual([{ action: "job.replayed", actor_id: ours.subjectId }]);
  });

  test("are discarded", async () => {
    const id = await bury(world, ours.organisationId);
    expect((await send(ours.subjectId, "DELETE", `/dead-letters/${id}`)).status).toBe(204);
    expect((await send(ours.subjectId, "GET", `/dead-letters/${id}`)).status).toBe(404);
    expect(await audited(id)).toEqual([{ action: "job.discarded", actor_id: ours.subjectId }]);
  });

  const audited = (id: string) =>
    world.sql(`SELECT action, actor_id FROM platform.audit_events WHERE target_id = '${id}'`);
});

describe("its health", () => {
  test("is told with its metrics", async () => {
    await bury(world, ours.organisationId);
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
