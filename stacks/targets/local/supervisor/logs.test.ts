import { appendFileSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { temporaryFolder } from "../../../../tests/harness/temporary-folder.ts";
import { stackHome, type StackHome } from "../../../home/home.ts";
import { readLog } from "./logs.ts";

let home: StackHome;
let log: string;
beforeEach(() => {
  home = stackHome(temporaryFolder());
  mkdirSync(home.logsDir);
  log = join(home.logsDir, "demo.log");
});

async function tail(lines: number): Promise<string[]> {
  const found: string[] = [];
  for await (const line of readLog(home, "demo", { lines })) found.push(line);
  return found;
}

it("gives the last lines, over chunks of reading", async () => {
  const all = Array.from({ length: 5000 }, (_, n) => `line ${n} ${"ü".repeat(20)}`);
  writeFileSync(log, `${all.join("\n")}\n`);
  expect(await tail(3)).toEqual(all.slice(-3));
  expect(await tail(4000)).toEqual(all.slice(-4000));
  expect(await tail(9999)).toEqual(all);
  expect(await tail(0)).toEqual([]);
});

it("gives what there is of a short, unfinished or absent log", async () => {
  expect(await tail(5)).toEqual([]);
  writeFileSync(log, "one\n\ntwo");
  expect(await tail(5)).toEqual(["one", "", "two"]);
});

it("follows what is written, over a rotation, until told to stop", async () => {
  writeFileSync(log, "old\nlast\n");
  const stop = new AbortController();
  const lines = readLog(home, "demo", { lines: 1, follow: true, signal: stop.signal });
  const next = async (): Promise<unknown> => (await lines.next()).value;
  expect(await next()).toBe("last");
  appendFileSync(log, "more\nhalf");
  expect(await next()).toBe("more");
  appendFileSync(log, " done\n");
  expect(await next()).toBe("half done");
  renameSync(log, `${log}.1`);
  writeFileSync(log, "new\n");
  expect(await next()).toBe("new");
  stop.abort();
  expect(await lines.next()).toEqual({ done: true, value: undefined });
});
