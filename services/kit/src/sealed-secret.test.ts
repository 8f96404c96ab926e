import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { seal, sealingKey, unseal } from "./sealed-secret.ts";

const key = randomBytes(32);
const secret = "whsec_ünïcode";

test("opens with its key and purpose, and shows nothing before", () => {
  const sealed = seal(key, "webhook:1", secret);
  expect(unseal(key, "webhook:1", sealed)).toBe(secret);
  expect(Buffer.from(sealed.slice(3), "base64url").includes("whsec_")).toBe(false);
  expect(seal(key, "webhook:1", secret)).not.toBe(sealed);
});

test.each<[string, (sealed: string) => string]>([
  ["another key", (sealed) => unseal(randomBytes(32), "webhook:1", sealed)],
  ["another purpose", (sealed) => unseal(key, "webhook:2", sealed)],
  ["a changed end", (sealed) => unseal(key, "webhook:1", sealed.slice(0, -3) + "AAA")],
  ["a cut text", (sealed) => unseal(key, "webhook:1", sealed.slice(0, 20))],
  ["another version", (sealed) => unseal(key, "webhook:1", sealed.replace("v1", "v2"))],
  ["nothing", () => unseal(key, "webhook:1", "")],
])("%s does not open it", (_, open) => expect(() => open(seal(key, "webhook:1", secret))).toThrow());

test("a key has 32 bytes", () => {
  expect(sealingKey.parse(key.toString("base64")).equals(key)).toBe(true);
  expect(sealingKey.safeParse(randomBytes(16).toString("base64")).success).toBe(false);
  expect(sealingKey.safeParse("not base64!").success).toBe(false);
});
