import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../../tests/harness/temporary-folder.ts";
import { openHome } from "./open.ts";
import { removeHome } from "./remove.ts";

let dir: string;
beforeEach(() => {
  dir = temporaryFolder();
});

const checkout = (name: string) => {
  mkdirSync(join(dir, name), { recursive: true });
  writeFileSync(join(dir, name, "purlin.yaml"), "");
  return join(dir, name, "purlin.yaml");
};
const open = (file: string, { create = true, stack = "dev", home = join(dir, "home") } = {}) =>
  openHome({ blueprint: { name: "shop", stack, file }, env: { PURLIN_HOME: home }, create });

test("a stack keeps its folder, its keys and its passphrase", () => {
  const file = checkout("a");
  const first = open(file);
  const keys = [first.passphraseFile, first.masterKeyFile].map((path) => readFileSync(path, "utf8"));
  const again = open(file, { create: false });
  expect(again.dir).toBe(first.dir);
  open(file);
  expect([first.passphraseFile, first.masterKeyFile].map((path) => readFileSync(path, "utf8"))).toEqual(keys);
  expect(new Set(keys).size).toBe(2);
  for (const path of [first.passphraseFile, first.masterKeyFile]) expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(first.stateDir).mode & 0o777).toBe(0o700);
});

test("the same name from another checkout gets a folder of its own, also when the first is gone", () => {
  const [a, b] = [checkout("a"), checkout("b")];
  const first = open(a).dir;
  const second = open(b).dir;
  expect([first, second]).toEqual([join(dir, "home/stacks/shop-dev"), join(dir, "home/stacks/shop-dev-2")]);
  rmSync(first, { recursive: true });
  expect(open(b).dir).toBe(second);
  expect(open(a).dir).toBe(first);
});

test("a moved project takes its folder along", () => {
  const first = open(checkout("a")).dir;
  renameSync(join(dir, "a"), join(dir, "moved"));
  expect(open(join(dir, "moved/purlin.yaml")).dir).toBe(first);
});

test("names that join to the same key do not share a folder", () => {
  const file = checkout("a");
  const one = openHome({ blueprint: { name: "a-b", stack: "c", file }, env: { PURLIN_HOME: dir }, create: true });
  const two = openHome({ blueprint: { name: "a", stack: "b-c", file }, env: { PURLIN_HOME: dir }, create: true });
  expect(one.dir).not.toBe(two.dir);
});

test("a stack that was never up is said to be unknown, and nothing is made", () => {
  const file = checkout("a");
  expect(() => open(file, { create: false })).toThrow("stack dev of shop has never been brought up on this machine");
  expect(existsSync(join(dir, "home"))).toBe(false);
});

test("a stack's folder is removed with everything in it, also the locks of those before", async () => {
  const places = open(checkout("a"));
  const later = `${places.lockFile}.claim`;
  for (const file of [places.lockFile, later]) writeFileSync(file, "");
  await removeHome(places);
  expect(existsSync(places.dir)).toBe(false);
});

test("a data home that cannot be made says so", () => {
  const file = checkout("a");
  expect(() => open(file, { home: join(file, "below-a-file") })).toThrow(
    `the data home ${join(file, "below-a-file")} cannot be written`,
  );
});
