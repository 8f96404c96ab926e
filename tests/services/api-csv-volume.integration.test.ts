import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, type World } from "./api-data-world.ts";
import { eventually } from "./daemons.ts";
import { startService, type RunningService } from "./service.ts";

/*
 * Ten thousand rows, 50 MB, in and out of a process whose heap may grow to 64 MB, of which it needs half when it does
 * nothing: were they gathered anywhere, it would end.
 */
let world: World;
let small: RunningService;

const release = new AsyncDisposableStack();

beforeAll(async () => {
  world = release.use(await startWorld());
  const env = { ...world.env, NODE_OPTIONS: "--max-old-space-size=64" };
  small = release.use(await startService("api", "api-small", env));
});

afterAll(() => release.disposeAsync());

const rows = 10_000;
const text = "some words ".repeat(450);

const url = (path: string) => `${small.url}/organisations/${world.ours.organisationId}${path}`;

async function put(body: string): Promise<Response> {
  const path = `/projects/${world.ours.projectId}/imports/${randomUUID()}`;
  const headers = { ...(await world.ours.owner.headers()), "content-type": "text/csv" };
  return fetch(url(path), { method: "PUT", body, headers });
}

async function resident(): Promise<number> {
  const metrics = await (await fetch(`${small.internalUrl}/metrics`)).text();
  return Number(/^process_resident_memory_bytes(?:\{[^}]*\})? ([\d.e+]+)$/m.exec(metrics)?.[1]);
}

test("are imported", async () => {
  const lines = Array.from({ length: rows }, (_, n) => `row ${n},${text}\n`);
  const answer = await put(`title,description\n${lines.join("")}`);
  expect(await answer.json()).toMatchObject({ state: "finished", rows, created: rows, failed: 0 });
});

test("and not one more", async () => {
  const answer = await put(`title,status\n${"a,unknown\n".repeat(rows + 1)}`);
  expect(answer.status).toBe(422);
});

test("are exported", async () => {
  const answer = await fetch(url("/exports/tasks.csv"), { headers: await world.ours.owner.headers() });
  const decoder = new TextDecoder();
  let found = 0;
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    found += decoder.decode(chunk, { stream: true }).split("\r").length - 1;
  }
  expect(found).toBe(1 + 1 + rows); // the header, and the task that was there
});

test("a client that stops reading stops the export, one that leaves ends it", async () => {
  const asking = request(url("/exports/tasks.csv"), { headers: await world.ours.owner.headers() });
  asking.end();
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  answer.pause();
  const before = await resident();
  await sleep(2000); // enough for all of it, as the test before shows
  expect((await resident()) - before).toBeLessThan(40 * 1024 * 1024);
  const busy = await world.daemons.sqlIn(
    "app",
    "SELECT state FROM pg_stat_activity WHERE application_name = 'api-small' AND state <> 'idle'",
  );
  expect(busy).toEqual([]); // it holds no transaction while it waits
  answer.destroy();
  await eventually(() => {
    const exports = small.logs().filter(({ route }) => String(route).endsWith("/exports/tasks.csv"));
    if (exports.at(-1)?.["status"] !== 499) throw new Error("it still exports");
    return Promise.resolve();
  });
});
