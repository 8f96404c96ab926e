import { format, inspect } from "node:util";
import { expect, test } from "vitest";
import { Sensitive } from "./sensitive.ts";

const value = "correct horse battery staple";
const secret = new Sensitive(value);

test.each([
  ["a template", `password: ${String(secret)}`],
  ["a sum of strings", "password: " + String(secret)],
  ["JSON", JSON.stringify({ deep: [{ secret }] })],
  ["inspect", inspect({ deep: [{ secret }] }, { showHidden: true, depth: 9 })],
  ["format, and so the console", format("%s %o %j", secret, secret, secret)],
  ["an error's message", new Error(`cannot log in with ${String(secret)}`).message],
  ["the names and values of its fields", inspect(Object.entries(secret))],
])("keeps the secret out of %s", (_where, text) => {
  expect(text).not.toContain(value);
});

test("shows that something was left out", () => {
  expect(String(secret)).toBe("[secret]");
});

test("gives the value to those who ask for it by name", () => {
  expect(secret.reveal()).toBe(value);
});
