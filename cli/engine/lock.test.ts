import { readdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
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

const take = (waitSeconds = 0) => acquireLock(file, { stack: "dev", reason: "up", waitSeconds });

test("a held lock names its owner, and is free again once released", async () => {
  const release = await take();
  const message = new RegExp(`^stack dev is being changed by \\w+@${hostname()} \\(pid ${process.pid}\\): up, since`);
  await expect(take()).rejects.toThrow(message);
  release();
  (await take())();
  expect(readdirSync(dir)).toEqual([]);
});

test("waits for the owner as long as it may", async () => {
  const release = await take();
  const second = take(30);
  await sleep(100);
  release();
  (await second)();
});

test("a lock of another machine is never taken over", async () => {
  const owner = {
    id: "1",
    user: "ann",
    host: "elsewhere",
    pid: 1,
    started: "1",
    reason: "up",
    since: "2026-01-01T00:00:00Z",
  };
  writeFileSync(file, JSON.stringify(owner));
  await expect(take()).rejects.toMatchObject({ code: "LOCKED" });
});

test("a pid used again is not the owner, and a damaged file is nobody's lock", async () => {
  const owner = { id: "1", user: "ann", host: hostname(), pid: process.pid, started: "0", reason: "up", since: "" };
  for (const content of [JSON.stringify(owner), "", '{"id":']) {
    writeFileSync(file, content);
    expect(lockHolder(file)).toBeUndefined();
    (await take())();
    expect(readdirSync(dir)).toEqual([]);
  }
});
