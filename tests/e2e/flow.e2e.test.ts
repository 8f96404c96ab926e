import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { io, type Socket } from "socket.io-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { verifyWebhook } from "@purlin/kit/webhook-signature";
import { startTraceCollector, type TraceCollector } from "../harness/trace-collector.ts";
import { makeClient, type Client, type Reply } from "./support/client.ts";
import { makeProject, type Project } from "./support/project.ts";
import { queryUntil } from "./support/prometheus.ts";
import { packageRoot } from "./support/purlin.ts";
import { startReceiver, type Receiver } from "./support/receiver.ts";
import { linkTo, signUp, submit, type Person, type Place } from "./support/sign-up.ts";

/*
 * The whole flow of the product, with every part real: two people sign up and work together. The tests run in order,
 * each goes on where the one before left off.
 */

interface OutputsJson extends Place {
  gateway: { url: string; ca: string };
  monitoring: { prometheus: { url: string } };
}

const release = new AsyncDisposableStack();
let project: Project;
let client: Client;
let outputs: OutputsJson;
let traces: TraceCollector;
let receiver: Receiver;

beforeAll(async () => {
  traces = release.use(await startTraceCollector());
  receiver = release.use(await startReceiver());
  const example = parse(readFileSync(join(packageRoot, "purlin.yaml"), "utf8")) as Example;
  const loopback = { env: { WEBHOOK_ALLOW_LOOPBACK: "true" } };
  project = makeProject({
    blueprint: {
      ...example,
      monitoring: { ...example.monitoring, scrapeInterval: 2, traces: { endpoint: traces.url, sampleRatio: 1 } },
      services: {
        ...example.services,
        api: { ...example.services["api"], ...loopback },
        worker: { ...example.services["worker"], ...loopback },
      },
    },
  });
  release.defer(project.dispose);
  await project.ok("up", "--yes");
  outputs = await project.json<OutputsJson>("outputs");
  client = makeClient(outputs.gateway);
  release.defer(client.close);
});

afterAll(() => release.disposeAsync());

interface Example {
  monitoring: object;
  services: Record<string, object>;
}

let alice: Person;
let bob: Person;
let organisation: string;
let projectId: string;
let task: { id: string; version: number };
let socket: Socket;
const told: { type: string; entityId: string; payload: { title?: string } }[] = [];

/** A request as `who`; throws unless it is answered with `status`. */
async function ask(
  who: Person,
  method: string,
  path: string,
  status: number,
  body?: unknown,
  headers = {},
): Promise<Reply> {
  const reply = await client.ask(path, {
    method,
    headers: { authorization: `Bearer ${who.token}`, "content-type": "application/json", ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  expect(reply.status, `${method} ${path}: ${reply.body.toString()}`).toBe(status);
  return reply;
}

const api = (path: string) => `/api/organisations/${organisation}${path}`;

test("two people sign up, verify their address by mail, and sign in with PKCE", async () => {
  [alice, bob] = [await signUp(client, outputs), await signUp(client, outputs)];
  expect(alice.token.split(".")).toHaveLength(3);
});

test("one makes an organisation and invites the other, with fewer rights", async () => {
  const created = await ask(alice, "POST", "/auth/organisations", 201, {
    name: "Acme",
    slug: `acme-${randomBytes(4).toString("hex")}`,
  });
  organisation = created.json<{ id: string }>().id;
  await ask(bob, "GET", api("/projects"), 404);
  await ask(alice, "POST", `/auth/organisations/${organisation}/invitations`, 201, {
    email: bob.email,
    role: "viewer",
  });
  const link = await linkTo(outputs.mail.url, bob.email, "/invitation");
  await submit(bob.browser, link, {});
  await expect
    .poll(
      async () => (await client.ask(api("/projects"), { headers: { authorization: `Bearer ${bob.token}` } })).status,
      { timeout: 5000 },
    )
    .toBe(200);
});

test("the other is refused where they should be, and only there", async () => {
  projectId = (await ask(alice, "POST", api("/projects"), 201, { key: "WEB", name: "Website" })).json<{ id: string }>()
    .id;
  const refused = await ask(bob, "POST", api(`/projects/${projectId}/tasks`), 403, { title: "not mine to make" });
  expect(refused.json<{ code: string; detail: string }>()).toMatchObject({
    code: "forbidden",
    detail: "this needs the permission task:write",
  });
  await ask(bob, "GET", `/auth/organisations/${organisation}/audit-events`, 403);
  await ask(bob, "GET", api("/tasks"), 200);
});

test("their socket is open", async () => {
  socket = io(outputs.gateway.url, {
    path: "/realtime/socket.io/",
    transports: ["websocket"],
    auth: { token: bob.token },
    ca: readFileSync(outputs.gateway.ca, "utf8"),
  });
  release.defer(() => void socket.close());
  socket.on("event", (event: (typeof told)[number]) => told.push(event));
  await once(socket as unknown as NodeJS.EventEmitter, "connect");
  const answer: unknown = await socket
    .timeout(10_000)
    .emitWithAck("subscribe", { organisationId: organisation, projectId });
  expect(answer).toMatchObject({ ok: true });
});

test("a task made over REST and changed over GraphQL is seen by the other at once, in order", async () => {
  const made = await ask(
    alice,
    "POST",
    api(`/projects/${projectId}/tasks`),
    201,
    { title: "Write the page" },
    { "idempotency-key": "flow-1" },
  );
  task = made.json<typeof task>();
  const mutation = `mutation ($organisation: ID!, $id: ID!) {
    updateTask(organisationId: $organisation, id: $id, version: 1, input: { title: "Write the front page", status: in_progress }) { title version }
  }`;
  const changed = await ask(alice, "POST", "/api/graphql", 200, {
    query: mutation,
    variables: { organisation, id: task.id },
  });
  expect(changed.json()).toEqual({ data: { updateTask: { title: "Write the front page", version: 2 } } });
  await expect
    .poll(() => told.map(({ type, payload }) => [type, payload.title]), { timeout: 10_000 })
    .toEqual([
      ["task.created", "Write the page"],
      ["task.updated", "Write the front page"],
    ]);
  const query = `query ($organisation: ID!, $id: ID!) { organisation(id: $organisation) { task(id: $id) { title project { key } } } }`;
  const read = await ask(bob, "POST", "/api/graphql", 200, { query, variables: { organisation, id: task.id } });
  expect(read.json()).toEqual({
    data: { organisation: { task: { title: "Write the front page", project: { key: "WEB" } } } },
  });
});

test("a file goes past the API to storage, is checked, and comes back byte for byte", async () => {
  const content = Buffer.from(`name,size\n${randomBytes(2000).toString("hex")}\n`);
  const path = api(`/tasks/${task.id}/attachments`);
  const announced = await ask(alice, "POST", path, 201, {
    name: "sizes.csv",
    contentType: "text/csv",
    size: content.length,
  });
  const { id, upload } = announced.json<{
    id: string;
    upload: { url: string; method: string; headers: Record<string, string> };
  }>();
  expect(new URL(upload.url).origin).toBe(new URL(outputs.gateway.url).origin);
  const stored = await client.ask(upload.url, { method: upload.method, headers: upload.headers, body: content });
  expect(stored.status, stored.body.toString()).toBe(200);
  const checked = await ask(alice, "POST", `${path}/${id}/complete`, 200);
  expect(checked.json()).toMatchObject({
    state: "checked",
    sha256: createHash("sha256").update(content).digest("hex"),
  });
  const token = checked.headers["x-consistency-token"];
  const back = await ask(bob, "GET", `${path}/${id}/content`, 200, undefined, { "x-consistency-token": token });
  expect(back.body.equals(content)).toBe(true);
});

test("a job runs: a webhook is told of the change, signed, by the worker", async () => {
  const made = await ask(alice, "POST", api("/webhooks"), 201, { url: receiver.url, events: ["task.updated"] });
  const { secret } = made.json<{ secret: string }>();
  await ask(alice, "PATCH", api(`/tasks/${task.id}`), 200, { status: "done" }, { "if-match": '"2"' });
  await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(1);
  const [{ headers, body } = { headers: {}, body: "" }] = receiver.received;
  expect(verifyWebhook(secret, headers, body)).toBe(true);
  expect(JSON.parse(body)).toMatchObject({ type: "task.updated" });
});

test("a forecast comes back, with its age and its error on weeks it had not seen", async () => {
  const before = await ask(bob, "GET", api("/forecast"), 200);
  expect(["training", "insufficient_history"]).toContain(before.json<{ status: string }>().status);
  await project.ok("exec", "api", "--", "node", "--input-type=module", "-e", pastYear(organisation, projectId));
  await ask(alice, "POST", api("/forecast/refresh"), 202);
  await expect
    .poll(async () => (await ask(bob, "GET", api("/forecast"), 200)).json<{ status: string }>().status, {
      timeout: 90_000,
      interval: 1000,
    })
    .toBe("ready");
  const forecast = (await ask(bob, "GET", api("/forecast"), 200)).json<{
    ageSeconds: number;
    models: { kind: string; mae: number; naiveMae: number; heldOutWeeks: number }[];
    weeks: { kind: string; value: number }[];
  }>();
  const completed = forecast.models.find(({ kind }) => kind === "completed");
  expect(completed?.mae).toBeLessThan(completed?.naiveMae ?? 0); // the history has a rhythm that repeating the last week misses
  expect(completed?.heldOutWeeks).toBeGreaterThan(3);
  expect(forecast.weeks.filter(({ kind }) => kind === "completed").length).toBeGreaterThan(0);
  expect(forecast.ageSeconds).toBeGreaterThanOrEqual(0);
});

test("all of it is in Prometheus", async () => {
  const { url } = outputs.monitoring.prometheus;
  for (const expr of [
    'sum(http_request_duration_seconds_count{service="api",route="/organisations/:organisationId/projects/:projectId/tasks",method="POST"}) > 0',
    'sum(http_request_duration_seconds_count{service="auth"}) > 0',
    'sum(auth_sign_in_total{result="success"}) > 0',
    "sum(realtime_connections_count) > 0",
    "sum(realtime_events_sent_total) > 0",
    'sum(jobs_processed_total{kind="webhook.deliver"}) > 0',
    'sum(jobs_processed_total{kind="forecast.refresh"}) > 0',
  ]) {
    expect(await queryUntil(url, expr, 30), expr).toHaveLength(1);
  }
});

test("and in one trace: the request, its query, the webhook that was sent, what the socket was told", async () => {
  const services = () => {
    const patched = traces.spans.filter(({ service, name }) => service === "api" && /^PATCH /.test(name));
    const ids = new Set(patched.map(({ traceId }) => traceId));
    return [...new Set(traces.spans.filter(({ traceId }) => ids.has(traceId)).map(({ service }) => service))].sort();
  };
  await expect.poll(services, { timeout: 30_000 }).toEqual(["api", "realtime", "worker"]);
});

test("signing out everywhere ends tokens and sockets within a second", async () => {
  for (const path of ["/sessions/end-others", "/sign-out"]) {
    const at = new URL(`${outputs.gateway.url}/auth/account${path}`);
    const headers = { origin: at.origin, "content-type": "application/x-www-form-urlencoded" };
    const { response } = await bob.browser.open(at, { method: "POST", headers, body: "" });
    expect(response?.status).toBe(200);
  }
  const started = performance.now();
  await expect
    .poll(async () => (await client.ask(api("/tasks"), { headers: { authorization: `Bearer ${bob.token}` } })).status, {
      timeout: 5000,
      interval: 50,
    })
    .toBe(401);
  await expect.poll(() => socket.connected, { timeout: 5000, interval: 50 }).toBe(false);
  console.log(`signed out everywhere after ${Math.round(performance.now() - started)} ms`);
  await ask(alice, "GET", api("/tasks"), 200);
});

/** A script with the API's own login: a year of tasks, more of them in every second week. */
function pastYear(organisationId: string, project: string): string {
  return `
    import { readFileSync } from "node:fs";
    import pg from "pg";
    const client = new pg.Client({
      connectionString: process.env.POSTGRES_PRIMARY_URL,
      ssl: { ca: readFileSync(process.env.POSTGRES_CA_FILE, "utf8") },
    });
    await client.connect();
    await client.query("BEGIN");
    await client.query("SET LOCAL purlin.organisation_id = '${organisationId}'");
    await client.query(\`
      INSERT INTO tasks (organisation_id, project_id, number, title, status, completed_at, created_by, created_at, updated_at)
      SELECT p.organisation_id, p.id, 1000 + row_number() OVER (), 'Done long ago', 'done', week.at + interval '2 days', p.created_by,
        week.at, week.at + interval '2 days'
      FROM projects p,
        generate_series(1, 52) AS ago,
        LATERAL (SELECT date_trunc('week', now()) - make_interval(weeks => ago) AS at) AS week,
        generate_series(1, CASE WHEN ago % 2 = 0 THEN 14 ELSE 4 END)
      WHERE p.id = '${project}'\`);
    await client.query("COMMIT");
    await client.end();
  `;
}
