import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { acquireLock } from "../../cli/engine/lock.ts";

/* Takes a lock at a given moment, writes down who is inside, and leaves, or stays to be killed. */
const [file = "", journal = "", startAt = "0", waitSeconds = "0", dies = ""] = process.argv.slice(2);
await sleep(Math.max(0, Number(startAt) - Date.now()));
try {
  const release = await acquireLock(file, { stack: "dev", reason: "up", waitSeconds: Number(waitSeconds) });
  appendFileSync(journal, `in ${process.pid}\n`);
  await sleep(dies === "" ? 50 : 60_000);
  appendFileSync(journal, `out ${process.pid}\n`);
  release();
} catch (error) {
  process.stdout.write(error instanceof Error && "code" in error ? String(error.code) : String(error));
}
