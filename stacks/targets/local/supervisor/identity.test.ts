import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { temporaryFolder } from "../../../../tests/harness/temporary-folder.ts";
import { family, isAlive, processTable, readIdentity, type TableRow } from "./identity.ts";

let child: ChildProcess | undefined;
afterEach(async () => {
  if (child?.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
});

it("tells a living process from an ended one, and from another under the same pid", async () => {
  child = spawn("sleep", ["1000"]);
  await once(child, "spawn");
  const row = processTable().find(({ pid }) => pid === child?.pid)!;
  expect(isAlive(row)).toBe(true);
  expect(isAlive({ pid: row.pid, started: "1" })).toBe(false);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(isAlive(row)).toBe(false);
});

const row = (pid: number, parent: number, group: number): TableRow => ({
  pid,
  parent,
  group,
  started: `s${pid}`,
  zombie: false,
});
const pids = (found: { pid: number }[]): number[] => found.map(({ pid }) => pid);

it("counts the group and all descendants as family, whatever their group", () => {
  const table = [
    row(1, 0, 1),
    row(10, 1, 10),
    row(11, 10, 10),
    row(12, 11, 12),
    row(13, 12, 13),
    row(20, 1, 20),
    row(14, 1, 10),
  ];
  expect(pids(family({ pid: 10, started: "s10" }, table))).toEqual([10, 11, 12, 13, 14]);
});

it("finds what is left of a group whose leader is gone, and nothing when a stranger has the pid", () => {
  expect(pids(family({ pid: 10, started: "s10" }, [row(1, 0, 1), row(14, 1, 10)]))).toEqual([14]);
  expect(family({ pid: 10, started: "before" }, [row(1, 0, 1), row(10, 1, 10), row(11, 10, 10)])).toEqual([]);
});

it("reads only whole records", () => {
  const file = join(temporaryFolder(), "pid");
  expect(readIdentity(file)).toBeUndefined();
  for (const text of ["", "12", "12 345", "12 345 1"]) {
    writeFileSync(file, text);
    expect(readIdentity(file)).toBeUndefined();
  }
  writeFileSync(file, "12 345 1\n");
  expect(readIdentity(file)).toEqual({ pid: 12, started: "345", starts: 1 });
});
