import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../../tests/harness/temporary-folder.ts";
import { acquireLock, lockHolder } from "./lock.ts";

let dir: string;
let file: string;
beforeEach(() => {
  dir = temporaryFolder();
  file = join(dir, "lock.json");
});

test("of twenty processes at once exactly one is ever inside, also when the owner before was killed", async () => {
  const journal = join(dir, "journal");
  for (const deadOwners of [0, 1, 2]) {
    for (let n = 0; n < deadOwners; n++) await leaveDeadOwner(journal); // each claims the lock of the one before
    writeFileSync(journal, "");
    const startAt = String(Date.now() + 2000);
    const racers = Array.from({ length: 20 }, () => worker([journal, startAt, "30"]));
    await Promise.all(racers.map((racer) => once(racer, "exit")));
    const lines = readFileSync(journal, "utf8").trim().split("\n");
    expect(lines).toHaveLength(40);
    for (let n = 0; n < lines.length; n += 2) expect(lines[n + 1]).toBe(lines[n]?.replace("in", "out"));
    expect(readdirSync(dir)).toEqual(["journal"]);
  }
});

test("of twenty that do not wait, one wins and the others are told who", async () => {
  const journal = join(dir, "journal");
  await leaveDeadOwner(journal);
  writeFileSync(journal, "");
  const holder = worker([journal, "0", "0", "stays"]);
  while (readFileSync(journal, "utf8") === "") await sleep(20);
  const racers = Array.from({ length: 20 }, () => worker([journal, "0", "0"]));
  const answers = await Promise.all(racers.map((racer) => text(racer.stdout)));
  expect(answers).toEqual(answers.map(() => "LOCKED"));
  holder.kill("SIGKILL");
  await once(holder, "exit");
  expect(lockHolder(file)).toBeUndefined();
  (await acquireLock(file, { stack: "dev", reason: "up", waitSeconds: 0 }))();
});

function worker(args: string[]) {
  const script = join(import.meta.dirname, "../../tests/harness/lock-worker.ts");
  return spawn(process.execPath, [script, file, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}

async function leaveDeadOwner(journal: string): Promise<void> {
  writeFileSync(journal, "");
  const owner = worker([journal, "0", "5", "stays"]);
  while (readFileSync(journal, "utf8") === "") await sleep(20);
  owner.kill("SIGKILL");
  await once(owner, "exit");
}
