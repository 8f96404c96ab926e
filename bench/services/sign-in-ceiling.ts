import { setTimeout as sleep } from "node:timers/promises";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { hashSync, verifySync } from "@node-rs/argon2";
import { z } from "zod";
import { argon2 } from "../../services/auth/src/accounts/argon2.ts";

/*
 * The ceiling of any service that checks passwords: argon2id with the same parameters on as many threads, and nothing else. Writes
 * how many a second there were.
 */
const settingsSchema = z.strictObject({ threads: z.number(), seconds: z.number() });
export type CeilingSettings = z.input<typeof settingsSchema>;

if (isMainThread) {
  const { threads, seconds } = settingsSchema.parse(JSON.parse(process.argv[2] ?? ""));
  const hash = hashSync("a-password", argon2);
  const counts = await Promise.all(Array.from({ length: threads }, () => count(hash, seconds)));
  process.stdout.write(JSON.stringify({ rate: counts.reduce((sum, some) => sum + some, 0) / seconds }));
} else {
  const hash = z.string().parse(workerData);
  parentPort?.on("message", (seconds: number) => {
    const end = performance.now() + seconds * 1000;
    let done = 0;
    while (performance.now() < end) {
      if (!verifySync(hash, "a-password")) throw new Error("the password is right");
      done++;
    }
    parentPort?.postMessage(done);
  });
}

async function count(hash: string, seconds: number): Promise<number> {
  const worker = new Worker(new URL(import.meta.url), { workerData: hash });
  await sleep(200); // all threads are there before any begins
  const done = new Promise<number>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  worker.postMessage(seconds);
  const value = await done;
  await worker.terminate();
  return value;
}
