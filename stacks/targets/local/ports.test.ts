import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../../../tests/harness/temporary-folder.ts";
import { writeAtomically } from "../../home/files.ts";
import { stackHome } from "../../home/home.ts";
import { openPorts, type Listener } from "./ports.ts";

let dir: string;
beforeEach(() => {
  dir = temporaryFolder();
});

const stranger: Listener = { ours: false, owner: "nginx (pid 1, user root)" };
const open = (taken: Record<number, Listener> = {}, stack = "one") => {
  const home = stackHome(join(dir, stack));
  mkdirSync(home.dir, { recursive: true });
  return openPorts(home, (port) => taken[port]);
};

test("a key keeps its port, and no two keys share one", () => {
  const port = open();
  const keys = ["postgres/primary", "redis/cache", "redis/queue"];
  const ports = keys.map((key) => port(key));
  expect(new Set(ports).size).toBe(3);
  const again = open();
  expect(keys.map((key) => again(key))).toEqual(ports);
});

test("a port taken by a stranger is given up, one of our own running process is kept", () => {
  const before = open()("redis/cache");
  expect(open({ [before]: { ours: true } })("redis/cache")).toBe(before);
  expect(open({ [before]: stranger })("redis/cache")).not.toBe(before);
});

test("a wished port is taken when free, also of other stacks that are down", () => {
  const wish = { port: 8443, exact: false };
  expect(open()("gateway/https", wish)).toBe(8443);
  expect(open({}, "two")("gateway/https", wish)).not.toBe(8443);
  expect(open({ 8443: stranger }, "three")("gateway/https", wish)).not.toBe(8443);
});

test("another wish moves the port; a demanded one that a stranger has is refused with the owner", () => {
  expect(open()("gateway/https", { port: 8443, exact: false })).toBe(8443);
  expect(open()("gateway/https", { port: 9443, exact: true })).toBe(9443);
  expect(() => open({ 9443: stranger })("gateway/https", { port: 9443, exact: true })).toThrow(
    "port 9443, wanted by gateway/https, is taken by nginx (pid 1, user root)",
  );
  expect(open({ 9443: { ours: true } })("gateway/https", { port: 9443, exact: true })).toBe(9443);
});

test("a damaged record is as good as none", () => {
  const home = stackHome(join(dir, "one"));
  mkdirSync(home.dir);
  writeAtomically(home.portsFile, '{"redis/cache":');
  expect(open()("redis/cache")).toBeGreaterThanOrEqual(20_000);
});
