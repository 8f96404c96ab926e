import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../tests/harness/temporary-folder.ts";
import { thisProcess } from "./owner.ts";
import { withToolLock } from "./tool-lock.ts";

test("only one at a time is at work", async () => {
  const folder = temporaryFolder();
  let inside = 0;
  let most = 0;
  let waits = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((done) => setTimeout(done, 20));
    inside -= 1;
  };
  await Promise.all([1, 2, 3].map(() => withToolLock(folder, () => void (waits += 1), work)));
  expect({ most, waits, left: await readdir(folder) }).toEqual({ most: 1, waits: 2, left: [] });
});

test.each([
  ["has ended", { pid: 2 ** 22 - 3, started: "1" }],
  ["left its number to a later process", { pid: process.pid, started: "1" }],
])("a lock whose owner %s is taken over", async (_name, owner) => {
  const folder = temporaryFolder();
  await writeFile(join(folder, ".lock"), JSON.stringify(owner));
  const pids: number[] = [];
  await expect(
    withToolLock(
      folder,
      (pid) => pids.push(pid),
      () => Promise.resolve("done"),
    ),
  ).resolves.toBe("done");
  expect(pids).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
});

test("a living owner is waited for", async () => {
  const folder = temporaryFolder();
  await writeFile(join(folder, ".lock"), JSON.stringify(await thisProcess()));
  const waited = await new Promise((tell) => {
    void withToolLock(
      folder,
      (pid) => tell(pid),
      () => Promise.resolve(),
    ).catch(tell);
  });
  expect(waited).toBe(process.pid);
});

test("the lock is released when the work fails", async () => {
  const folder = temporaryFolder();
  const fail = () => Promise.reject(new Error("no luck"));
  await expect(withToolLock(folder, () => undefined, fail)).rejects.toThrow("no luck");
  expect(await readdir(folder)).toEqual([]);
});
