import { randomBytes, randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunningService } from "./service.ts";
import { createSubject } from "./tenants.ts";
import { startWorkerWorld, type WorkerWorld } from "./worker-world.ts";

/* The page where operators of the platform see what is queued. */
const release = new AsyncDisposableStack();
let world: WorkerWorld;
let worker: RunningService;
let operator: string;
let stranger: string;

beforeAll(async () => {
  world = release.use(await startWorkerWorld());
  operator = await createSubject(world.daemons, "Operator");
  stranger = (await world.tenant("Ours")).subjectId;
  const settings = { OPERATORS: operator, BOARD_KEY: randomBytes(32).toString("base64") };
  worker = release.use(await world.start("worker-1", settings));
});
afterAll(() => release.disposeAsync());

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
  expect((await signIn(stranger)).status).toBe(403);
  expect((await signIn(operator, { aud: "https://elsewhere.test" })).status).toBe(403);
  expect((await signIn(operator, { exp: 1 })).status).toBe(403);
  expect(
    (await open(undefined, "/session", { method: "POST", body: new URLSearchParams({ token: "x" }) })).status,
  ).toBe(403);
  expect((await open(undefined, "/session", { method: "POST" })).status).toBe(403);
});

test("shows queues and what is in them, but not what that is about", async () => {
  const id = randomUUID();
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

test("is not there where nobody is an operator", async () => {
  const other = await world.start("worker-2", { BOARD_KEY: randomBytes(32).toString("base64") });
  expect((await fetch(`${other.url}/board/`)).status).toBe(404);
  await other.stop("SIGKILL");
});
