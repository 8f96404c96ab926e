import { verifyWebhook } from "@purlin/kit/webhook-signature";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startTraceCollector, type TraceCollector } from "../harness/trace-collector.ts";
import { eventually } from "./daemons.ts";
import type { RunningService } from "./service.ts";
import { emitEvents } from "./worker.ts";
import { never, ok, startReceiver, status, type Receiver } from "./worker-receiver.ts";
import { startWorkerWorld, type WorkerWorld } from "./worker-world.ts";

const release = new AsyncDisposableStack();
let world: WorkerWorld;
let worker: RunningService;
let receiver: Receiver;
let collector: TraceCollector;
let organisationId: string;
let afterTest = new AsyncDisposableStack();

beforeAll(async () => {
  world = release.use(await startWorkerWorld());
  ({ organisationId } = await world.tenant("Ours"));
  collector = release.use(await startTraceCollector());
  const settings = { WEBHOOK_TIMEOUT_SECONDS: "1", OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  worker = release.use(await world.start("worker-1", settings));
});
afterEach(async () => {
  await afterTest.disposeAsync();
  afterTest = new AsyncDisposableStack();
});
afterAll(() => release.disposeAsync());

/** A webhook of ours at a receiver of its own. */
async function hook(events = ["task.created"]) {
  receiver = afterTest.use(await startReceiver());
  const webhook = await world.webhook(organisationId, `${receiver.url}/hook`, events);
  afterTest.defer(async () => {
    await world.sql(`DELETE FROM webhooks WHERE id = '${webhook.id}'`);
  });
  return webhook;
}

const emit = (type = "task.created", payload: object = { title: "Ours" }) =>
  emitEvents(world.daemons, type, 1, { organisation: organisationId, payload });
const deliveries = (id: string) => world.sql(`SELECT * FROM webhook_deliveries WHERE webhook_id = '${id}' ORDER BY id`);
/** Lets everything that waits for its next attempt have it now. */
async function hurry(id: string) {
  const due = `UPDATE jobs.jobs SET run_after = now() - interval '1 minute' WHERE payload->>'webhookId' = '${id}' RETURNING id`;
  for (const job of await world.sql(due)) {
    const { Redis } = await import("ioredis");
    const redis = new Redis(world.daemons.redis.port, "127.0.0.1");
    await redis.zrem("worker:jobs:webhook.deliver:delayed", String(job["id"]));
    await redis.del(`worker:jobs:webhook.deliver:${String(job["id"])}`);
    redis.disconnect();
  }
}

describe("an event", () => {
  test("is delivered, signed, to the webhooks that asked for it, and to nobody else's", async () => {
    const { id, secret } = await hook();
    const theirs = await world.tenant("Theirs");
    await world.webhook(theirs.organisationId, `${receiver.url}/theirs`, ["task.created"]);
    await world.webhook(organisationId, `${receiver.url}/other-event`, ["task.deleted"]);
    await emit();
    await eventually(async () =>
      expect(await deliveries(id)).toMatchObject([{ state: "delivered", last_status: 200 }]),
    );
    expect(receiver.requests.map(({ url }) => url)).toEqual(["/hook"]);
    const [request] = receiver.requests;
    const [delivery] = await deliveries(id);
    expect(request?.headers["webhook-id"]).toBe(delivery?.["id"]);
    expect(verifyWebhook(secret, request?.headers ?? {}, request?.body ?? "")).toBe(true);
    expect(JSON.parse(request?.body ?? "")).toMatchObject({
      type: "task.created",
      data: { organisationId, entity: { title: "Ours" } },
    });
  });

  test("is delivered again after a failure, under the same webhook-id", async () => {
    const { id } = await hook();
    receiver.answer(status(500));
    await emit();
    await eventually(async () =>
      expect(await deliveries(id)).toMatchObject([{ state: "pending", attempts: 1, last_status: 500 }]),
    );
    expect((await deliveries(id))[0]?.["next_attempt_at"]).toBeInstanceOf(Date);
    receiver.answer(ok);
    await hurry(id);
    await eventually(async () => expect(await deliveries(id)).toMatchObject([{ state: "delivered", attempts: 2 }]));
    expect(new Set(receiver.requests.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(receiver.requests.map(({ body }) => body)).size).toBe(1);
  });

  test("for an endpoint that says nothing is given up in time, and tried again", async () => {
    const { id } = await hook();
    receiver.answer(never);
    await emit();
    await eventually(async () =>
      expect(await deliveries(id)).toMatchObject([{ state: "pending", attempts: 1, last_status: null }]),
    );
  });

  test("is delivered once more when somebody asks for it, as long as it is kept", async () => {
    const { id } = await hook();
    await emit();
    await eventually(async () => expect(await deliveries(id)).toMatchObject([{ state: "delivered" }]));
    await again(id);
    await eventually(async () => expect(await Promise.resolve(receiver.requests)).toHaveLength(2));
    await eventually(async () => expect(await deliveries(id)).toMatchObject([{ state: "delivered" }]));
    await world.sql("TRUNCATE platform.outbox"); // retention
    await again(id);
    await eventually(async () =>
      expect(await deliveries(id)).toMatchObject([{ state: "failed", last_error: "the event is no longer kept" }]),
    );
    expect(receiver.requests).toHaveLength(2);
    expect(new Set(receiver.requests.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  });
});

/** Asks for a redelivery, as the API does. */
async function again(id: string) {
  const [delivery] = await deliveries(id);
  await world.sql(`UPDATE webhook_deliveries SET state = 'pending' WHERE webhook_id = '${id}'`);
  await emit("webhook.redelivery_requested", { deliveryId: delivery?.["id"] });
}

test("the trace of the request goes on, through the jobs and to the receiver", async () => {
  const { id } = await hook();
  const [traceId, spanId] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];
  await world.sql(
    `INSERT INTO platform.outbox (organisation_id, type, entity_id, payload, trace_parent)
     VALUES ('${organisationId}', 'task.created', gen_random_uuid(), '{}', '00-${traceId}-${spanId}-01')`,
  );
  await eventually(async () => expect(await deliveries(id)).toMatchObject([{ state: "delivered" }]));
  expect(receiver.requests[0]?.headers["traceparent"]).toMatch(new RegExp(`^00-${traceId}-`));
  await eventually(async () => {
    const ours = await Promise.resolve(collector.spans.filter((span) => span.traceId === traceId));
    const names = ours.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["webhook.dispatch effect", "webhook.deliver", "webhook.deliver effect"]),
    );
    expect(ours.find(({ name }) => name === "webhook.dispatch effect")?.parentSpanId).toBe(spanId);
  });
});

describe("an endpoint", () => {
  test("that fails five times in a row is left alone, and costs no attempts", async () => {
    const { id } = await hook();
    receiver.answer(status(503));
    for (let n = 0; n < 12; n++) await emit();
    await eventually(async () => {
      const waiting = await world.sql(
        `SELECT count(*)::int AS n FROM jobs.jobs WHERE payload->>'webhookId' = '${id}' AND last_error IS NOT NULL`,
      );
      expect(waiting).toEqual([{ n: 12 }]);
    });
    expect(receiver.requests.length).toBeLessThanOrEqual(8); // five, and what was under way
    const attempts = await world.sql(
      `SELECT sum(attempts)::int AS n FROM jobs.jobs WHERE payload->>'webhookId' = '${id}'`,
    );
    expect(attempts).toEqual([{ n: receiver.requests.length }]);
  });

  test("that answers 410 is disabled, and its jobs end", async () => {
    const { id } = await hook();
    receiver.answer(status(410));
    await emit();
    await eventually(async () => expect(await deliveries(id)).toMatchObject([{ state: "failed", last_status: 410 }]));
    expect(await world.sql(`SELECT enabled, version FROM webhooks WHERE id = '${id}'`)).toEqual([
      { enabled: false, version: 2 },
    ]);
    const audited = await world.sql(
      `SELECT action, organisation_id FROM platform.audit_events WHERE target_id = '${id}'`,
    );
    expect(audited).toEqual([{ action: "webhook.disabled", organisation_id: organisationId }]);
    const told = await world.sql(`SELECT type FROM platform.outbox WHERE entity_id = '${id}'`);
    expect(told).toEqual([{ type: "webhook.updated" }]);

    receiver.answer(ok);
    await world.sql(`UPDATE webhooks SET enabled = true WHERE id = '${id}'`);
    await world.sql("TRUNCATE platform.outbox"); // the dead letter still knows what it was about
    await again(id);
    await eventually(async () => expect(await deliveries(id)).toMatchObject([{ state: "delivered" }]));
    expect(await world.sql(`SELECT 1 FROM jobs.jobs WHERE payload->>'webhookId' = '${id}'`)).toEqual([]);
  });

  test("that has failed for days is disabled; a success in between starts the count anew", async () => {
    const { id } = await hook();
    const days = (number: number) =>
      world.sql(
        `UPDATE jobs.failing_webhooks SET since = now() - interval '${number} days' WHERE webhook_id = '${id}'`,
      );
    receiver.answer(status(500));
    await emit();
    await eventually(async () => expect(await deliveries(id)).toMatchObject([{ attempts: 1 }]));
    await days(4);
    receiver.answer(ok);
    await hurry(id);
    await eventually(async () => expect(await deliveries(id)).toMatchObject([{ state: "delivered" }]));
    receiver.answer(status(500));
    await emit();
    await eventually(async () => expect((await deliveries(id))[1]).toMatchObject({ attempts: 1 }));
    expect(await world.sql(`SELECT enabled FROM webhooks WHERE id = '${id}'`)).toEqual([{ enabled: true }]);
    await days(4);
    await hurry(id);
    await eventually(async () =>
      expect(await world.sql(`SELECT enabled FROM webhooks WHERE id = '${id}'`)).toEqual([{ enabled: false }]),
    );
  });

  test("inside our network is never called", async () => {
    const strict = await world.start("worker-2", { WEBHOOK_ALLOW_LOOPBACK: "false" });
    await worker.stop("SIGKILL");
    const { id } = await hook();
    await emit();
    await eventually(async () => expect(await deliveries(id)).toMatchObject([{ attempts: 1, last_status: null }]));
    expect(receiver.requests).toEqual([]);
    await strict.stop();
  });
});
