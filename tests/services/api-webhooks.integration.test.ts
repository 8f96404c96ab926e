import { openWebhookSecrets } from "@purlin/kit/webhook-secrets";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startWorld, type World } from "./api-data-world.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
});

afterAll(() => world[Symbol.asyncDispose]());

interface Webhook {
  id: string;
  url: string;
  secret?: string;
  version: number;
}

const url = "https://hooks.example.com/purlin";

async function create(body: object = { url, events: ["task.created"] }): Promise<Webhook> {
  const answer = await world.ours.owner.send("POST", "/webhooks", body);
  expect(answer.status).toBe(201);
  return (await answer.json()) as Webhook;
}

const row = async (id: string) => {
  const [found] = await world.daemons.sqlIn("app", `SELECT * FROM webhooks WHERE id = '${id}'`);
  return found;
};

/** What the worker would sign with. */
async function secretsOf(id: string): Promise<string[]> {
  const found = await row(id);
  const key = Buffer.from(world.env["WEBHOOK_SECRET_KEY"] ?? "", "base64");
  const { secret, previous_secret: previous, previous_secret_until: until } = found ?? {};
  return openWebhookSecrets(key, {
    id,
    secret: typeof secret === "string" ? secret : "",
    previousSecret: typeof previous === "string" ? previous : null,
    previousSecretUntil: until instanceof Date ? until : null,
  });
}

const audited = async (id: string) => {
  const found = await world.daemons.sqlIn(
    "app",
    `SELECT action, details FROM platform.audit_events WHERE target_id = '${id}' ORDER BY occurred_at`,
  );
  return found.map((entry) => entry["action"]);
};

describe("the secret", () => {
  test("is shown at creation and never again, and kept sealed", async () => {
    const { id, secret } = await create();
    expect(secret).toMatch(/^whsec_[\w+/]{43}=$/);
    const got = await (await world.ours.owner.send("GET", `/webhooks/${id}`, undefined, await fresh())).text();
    const listed = await (await world.ours.owner.send("GET", "/webhooks", undefined, await fresh())).text();
    for (const text of [got, listed]) expect(text).not.toContain("whsec_");
    expect(JSON.stringify(await row(id))).not.toContain(secret?.slice(6, 30));
    const events = await world.daemons.sqlIn("app", `SELECT payload FROM platform.outbox WHERE entity_id = '${id}'`);
    expect(JSON.stringify(events)).not.toMatch(/whsec_|secret/);
    expect(await secretsOf(id)).toEqual([secret]);
  });

  test("is replaced with an overlap", async () => {
    const { id, secret } = await create();
    const answer = await world.ours.owner.send("POST", `/webhooks/${id}/secret`);
    const rotated = (await answer.json()) as Webhook;
    expect(rotated.secret).not.toBe(secret);
    expect(await secretsOf(id)).toEqual([rotated.secret, secret]);
    await world.daemons.sqlIn("app", `UPDATE webhooks SET previous_secret_until = now() WHERE id = '${id}'`);
    expect(await secretsOf(id)).toEqual([rotated.secret]);
    expect(await audited(id)).toEqual(["webhook.created", "webhook.updated"]);
  });
});

/** A header that makes a read see everything committed so far. */
async function fresh(): Promise<Record<string, string>> {
  const answer = await world.ours.owner.send("POST", "/webhooks", { url, events: ["task.deleted"] });
  const token = answer.headers.get("x-consistency-token") ?? "";
  const { id, version } = (await answer.json()) as Webhook;
  await world.ours.owner.send("DELETE", `/webhooks/${id}`, undefined, { "if-match": `"${version}"` });
  return { "x-consistency-token": token };
}

describe("the address", () => {
  test.each([
    "http://hooks.example.com/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://[::1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://10.0.0.8/",
    "https://localhost/",
    "https://user:password@hooks.example.com/",
    "file:///etc/passwd",
    "nonsense",
  ])("%s is refused, at creation and as a change", async (bad) => {
    const answer = await world.ours.owner.send("POST", "/webhooks", { url: bad, events: ["task.created"] });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: "invalid_request", errors: [{ path: "body.url" }] });
    const { id, version } = await create();
    const change = await world.ours.owner.send(
      "PATCH",
      `/webhooks/${id}`,
      { url: bad },
      { "if-match": `"${version}"` },
    );
    expect(change.status).toBe(400);
    expect(await row(id)).toMatchObject({ url });
    await world.ours.owner.send("DELETE", `/webhooks/${id}`, undefined, { "if-match": "*" });
  });

  test("events are of the list, each once, at least one", async () => {
    for (const events of [[], ["task.exploded"], ["task.created", "task.created"], "task.created"]) {
      expect((await world.ours.owner.send("POST", "/webhooks", { url, events })).status).toBe(400);
    }
  });
});

describe("changes", () => {
  test("need the version that was seen", async () => {
    const { id } = await create();
    const change = (headers: Record<string, string>) =>
      world.ours.owner.send("PATCH", `/webhooks/${id}`, { enabled: false }, headers);
    expect((await change({})).status).toBe(428);
    const done = await change({ "if-match": '"1"' });
    expect(done.status).toBe(200);
    expect(done.headers.get("etag")).toBe('"2"');
    expect((await change({ "if-match": '"1"' })).status).toBe(412);
    expect(await row(id)).toMatchObject({ enabled: false, version: 2, url });
    expect((await world.ours.owner.send("DELETE", `/webhooks/${id}`, undefined, { "if-match": '"2"' })).status).toBe(
      204,
    );
    expect(await audited(id)).toEqual(["webhook.created", "webhook.updated", "webhook.deleted"]);
  });

  test("an organisation has at most a hundred", async () => {
    const { organisationId, owner } = world.theirs;
    await world.daemons.sqlIn(
      "app",
      `INSERT INTO webhooks (organisation_id, url, secret, events, created_by)
       SELECT '${organisationId}', '${url}', '-', '{task.created}', '${owner.id}' FROM generate_series(1, 98)`,
    );
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) {
      statuses.push((await owner.send("POST", "/webhooks", { url, events: ["task.created"] })).status);
    }
    expect(statuses).toEqual([201, 201, 422, 422]);
  });
});

describe("deliveries", () => {
  const add = async (webhookId: string, eventId: number, state: string) => {
    const [made] = await world.daemons.sqlIn(
      "app",
      `INSERT INTO webhook_deliveries (organisation_id, webhook_id, event_id, type, state, attempts, last_status, last_error)
       VALUES ('${world.ours.organisationId}', '${webhookId}', ${eventId}, 'task.created', '${state}', 3, 500, 'broken')
       RETURNING id`,
    );
    return String(made?.["id"]);
  };

  test("come a page at a time, newest first, and by state", async () => {
    const { id } = await create();
    const made: string[] = [];
    for (let n = 0; n < 5; n++) made.unshift(await add(id, n, n % 2 === 0 ? "failed" : "delivered"));
    const read = async (query: string) => {
      const answer = await world.ours.owner.send(
        "GET",
        `/webhooks/${id}/deliveries?${query}`,
        undefined,
        await fresh(),
      );
      expect(answer.status).toBe(200);
      return (await answer.json()) as { items: { id: string; lastError: string }[]; next: string | null };
    };
    const first = await read("limit=3");
    const second = await read(`limit=3&cursor=${first.next ?? ""}`);
    expect([...first.items, ...second.items].map((one) => one.id)).toEqual(made);
    expect(second.next).toBeNull();
    expect(first.items[0]).toMatchObject({ lastError: "broken", lastStatus: 500, attempts: 3 });
    expect((await read("state=failed")).items).toHaveLength(3);
  });

  test("one that is over can be asked for again, once at a time", async () => {
    const { id } = await create();
    const deliveryId = await add(id, 99, "failed");
    const again = () => world.ours.owner.send("POST", `/webhooks/${id}/deliveries/${deliveryId}/redeliver`);
    const answers = await Promise.all([again(), again()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
    const events = await world.daemons.sqlIn(
      "app",
      `SELECT payload FROM platform.outbox WHERE entity_id = '${id}' AND type = 'webhook.redelivery_requested'`,
    );
    expect(events).toEqual([{ payload: { deliveryId } }]);
  });
});

test("only who manages webhooks sees them, and no other organisation", async () => {
  const { id } = await create();
  const calls = [
    ["GET", "/webhooks"],
    ["POST", "/webhooks", { url, events: ["task.created"] }],
    ["GET", `/webhooks/${id}`],
    ["PATCH", `/webhooks/${id}`, { enabled: false }],
    ["DELETE", `/webhooks/${id}`],
    ["POST", `/webhooks/${id}/secret`],
    ["GET", `/webhooks/${id}/deliveries`],
    ["POST", `/webhooks/${id}/deliveries/${id}/redeliver`],
  ] as const;
  for (const [method, path, body] of calls) {
    const headers = { "if-match": "*" };
    expect((await world.ours.viewer.send(method, path, body, headers)).status).toBe(403);
    if (path !== "/webhooks") expect((await world.theirs.owner.send(method, path, body, headers)).status).toBe(404);
    const foreign = await fetch(`${world.api.url}/organisations/${world.ours.organisationId}${path}`, {
      method,
      headers: { ...(await world.theirs.owner.headers()), ...headers, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    expect(foreign.status).toBe(404);
  }
  expect(await row(id)).toMatchObject({ enabled: true });
});
