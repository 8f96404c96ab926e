import { createServer } from "node:http";
import Bull from "bull";
import pg from "pg";
import { z } from "zod";
import { bareQueue } from "./jobs-queue.ts";

/* A bull worker as its README has it: each job is one INSERT, or nothing at all. Answers over HTTP how many it has done. */
const settingsSchema = z.strictObject({
  port: z.number(),
  redis: z.string(),
  postgres: z.string(),
  concurrency: z.number(),
  effect: z.boolean(),
});
export type BareJobsSettings = Omit<z.input<typeof settingsSchema>, "port">;

const { port, redis, postgres, concurrency, effect } = settingsSchema.parse(JSON.parse(process.argv[2] ?? ""));
const pool = new pg.Pool({ connectionString: postgres, max: 10 });
const queue = new Bull(bareQueue(effect), redis);
let done = 0;
void queue.process(concurrency, async ({ data }) => {
  const { id } = z.object({ id: z.string() }).parse(data);
  if (effect) await pool.query("INSERT INTO public.effects (job_id, pid) VALUES ($1, $2)", [id, process.pid]);
  done++;
});
await queue.isReady();
createServer((_request, response) => response.end(String(done))).listen(port, "127.0.0.1");
