import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { z } from "zod";
import { median } from "../measure.ts";
import { listen, type Listener } from "./fan-out-client.ts";

/*
 * Clients in one project, spread over the servers, and what is told them. Writes how many events a second reached all of
 * them when as many as possible were sent, and the median delay, milliseconds, when few were.
 */
const settingsSchema = z.strictObject({
  urls: z.array(z.string()),
  clients: z.number(),
  organisationId: z.string(),
  projectId: z.string(),
  /** Of the clients, in turn. */
  tokens: z.array(z.string()).min(1),
  /** In one go. */
  events: z.number(),
  /** Where events come from: committed rows of the outbox, or a call of the bare server. */
  source: z.union([z.strictObject({ postgres: z.string() }), z.strictObject({ bare: z.string() })]),
});
export type FanOutLoad = z.input<typeof settingsSchema>;

const settings = settingsSchema.parse(JSON.parse(process.argv[2] ?? ""));
const { urls, clients, organisationId, projectId, tokens, events } = settings;

/** Few events: one each so many milliseconds, for so long. */
const few = { count: 40, pause: 40 };

const seen = z.object({ payload: z.object({ n: z.number(), at: z.number() }) });
const delays: number[] = [];
let expected = Infinity;
let received = 0;
let complete = Promise.withResolvers<undefined>();
let watched = false;

const tell = (json: string) => {
  if (watched) delays.push(performance.now() - seen.parse(JSON.parse(json)).payload.at);
  if (++received === expected) complete.resolve(undefined);
};
const listeners: Listener[] = [];
for (let n = 0; n < clients; n++) {
  const [url = "", token = ""] = [urls[n % urls.length], tokens[n % tokens.length]];
  listeners.push(await listen(url, { auth: { token }, subscription: { organisationId, projectId }, tell }));
}

/** A task as the API tells of it, about 600 bytes. */
const task = {
  ...{ id: randomUUID(), projectId, number: 12, title: "Write the letter to the neighbours", status: "in_progress" },
  ...{ description: "<p>What we have agreed upon. ".concat("Everything else stays as it is. ".repeat(6), "</p>") },
  ...{ priority: 2, assigneeId: randomUUID(), dueOn: "2031-05-05", estimate: 3, completedAt: null, version: 7 },
};
const payloads = (count: number) => Array.from({ length: count }, (_, n) => ({ ...task, n, at: performance.now() }));

type Send = (count: number) => Promise<void>;

/** One transaction each time, with a row for each event. */
function fromOutbox(client: pg.Client): Send {
  const insert = `INSERT INTO platform.outbox (organisation_id, type, entity_id, project_id, payload)
    SELECT $1, 'task.updated', $2, $3, payload FROM jsonb_array_elements($4::jsonb) AS payload`;
  return async (count) => {
    await client.query(insert, [organisationId, task.id, projectId, JSON.stringify(payloads(count))]);
  };
}

/** The same message as clients of ours get. */
function fromBare(url: string): Send {
  let position = 1_000_000;
  return async (count) => {
    const occurredAt = new Date().toISOString();
    const about = { type: "task.updated", organisationId, projectId, entityId: task.id, actorId: null, occurredAt };
    const messages = payloads(count).map((payload) => ({ position: String(position++), ...about, payload }));
    await fetch(url, { method: "POST", body: JSON.stringify(messages) });
  };
}

async function measure(count: number, work: () => Promise<void>): Promise<number> {
  received = 0;
  expected = count * clients;
  complete = Promise.withResolvers();
  const started = performance.now();
  await work();
  await complete.promise;
  return (performance.now() - started) / 1000;
}

const client =
  "postgres" in settings.source ? new pg.Client({ connectionString: settings.source.postgres }) : undefined;
await client?.connect();
const send = client ? fromOutbox(client) : fromBare("bare" in settings.source ? settings.source.bare : "");
await measure(20, () => send(20));
const seconds = await measure(events, async () => {
  for (let sent = 0; sent < events; sent += 50) await send(50);
});
watched = true;
await measure(few.count, async () => {
  for (let n = 0; n < few.count; n++) {
    await send(1);
    await sleep(few.pause);
  }
});
process.stdout.write(JSON.stringify({ rate: events / seconds, delay: median(delays) }));
for (const listener of listeners) listener.close();
await client?.end();
