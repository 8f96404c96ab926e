import { expect, test } from "vitest";
import { deriveKey, deriveSecret } from "./secrets.ts";

test("a key's secret is the same for ever, 32 URL-safe characters, and no two are alike", () => {
  const keys = Array.from({ length: 200 }, (_, n) => `redis/consumer-${n}`);
  const secrets = keys.map((key) => deriveSecret("master", key));
  expect(new Set(secrets).size).toBe(keys.length);
  for (const secret of secrets) expect(secret).toMatch(/^[\w-]{32}$/);
  expect(deriveSecret("other", "redis/consumer-0")).not.toBe(secrets[0]);
  // Fixed: a change of the derivation would change every password of every stack.
  expect(deriveSecret("master", "postgres/owner")).toBe("4ZZe_iZY88YlhhD8T2ClWbnZ0R01saDN");
});

test("a key is the same for ever, 32 bytes in base64, and no secret in other letters", () => {
  const key = deriveKey("master", "auth");
  expect(key).toBe(deriveKey("master", "auth"));
  expect(Buffer.from(key, "base64")).toHaveLength(32);
  expect(key).not.toBe(deriveKey("master", "webhooks"));
  expect(
    Buffer.from(deriveSecret("master", "auth"), "base64url").equals(Buffer.from(key, "base64").subarray(0, 24)),
  ).toBe(false);
  // Fixed: a change of the derivation would make what was sealed unreadable.
  expect(key).toBe("8xK3wIBCn4PARgyN625S3/HgWm5+zOTzB5O3AAdS0Ic=");
});
