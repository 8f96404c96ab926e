import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import Bull from "bull";
import pg from "pg";
import { z } from "zod";
import { bareQueue } from "./jobs-queue.ts";

/* Gives a worker jobs, a hundred at a time, and waits for the last of their effects. Writes how many a second were done. */
const settingsSchema = z.strictObject({
  jobs: z.number(),
  postgres: z.string(),
  /** Absent: jobs come from events in the outbox. */
  bare: z.strictObject({ redis: z.string(), url: z.string(), effect: z.boolean() }).optional(),
});
export type JobsLoad = z.input<typeof settingsSchema>;

const { jobs, postgres, bare } = settingsSchema.parse(JSON.parse(process.argv[2] ?? ""));
const batch = 100;

/** Gives the worker that many. */
type Give = (count: number) => Promise<unknown>;

const client = new pg.Client({ connectionString: postgres });
await client.connect();

function throughOutbox(): Give {
  const organisationId = randomUUID();
  const insert = `INSERT INTO platform.outbox (organisation_id, type, entity_id, payload)
    SELECT $1, 'test.count', gen_random_uuid(), '{}' FROM generate_series(1, $2)`;
  return (count) => client.query(insert, [organisationId, count]);
}

function throughQueue(queue: Bull.Queue): Give {
  return (count) =>
    queue.addBulk(
      Array.from({ length: count }, () => ({ data: { id: randomUUID() }, opts: { removeOnComplete: true } })),
    );
}

async function done(): Promise<number> {
  if (bare?.effect === false) return Number(await (await fetch(bare.url)).text());
  const { rows } = await client.query<{ count: number }>("SELECT count(*)::int AS count FROM public.effects");
  return rows[0]?.count ?? 0;
}

async function measure(count: number, give: Give): Promise<number> {
  const before = await done();
  const started = performance.now();
  for (let given = 0; given < count; given += batch) await give(batch);
  while ((await done()) < before + count) await sleep(10);
  return count / ((performance.now() - started) / 1000);
}

const queue = bare && new Bull(bareQueue(bare.effect), bare.redis);
const give = queue ? throughQueue(queue) : throughOutbox();
await measure(batch, give);
process.stdout.write(JSON.stringify({ rate: await measure(jobs, give) }));
await queue?.close();
await client.end();
