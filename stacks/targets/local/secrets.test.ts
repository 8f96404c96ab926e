import { expect, test } from "vitest";
import { deriveSecret } from "./secrets.ts";

test("a key's secret is the same for ever, 32 URL-safe characters, and no two are alike", () => {
  const keys = Array.from({ length: 200 }, (_, n) => `redis/consumer-${n}`);
  const secrets = keys.map((key) => deriveSecret("master", key));
  expect(new Set(secrets).size).toBe(keys.length);
  for (const secret of secrets) expect(secret).toMatch(/^[\w-]{32}$/);
  expect(deriveSecret("other", "redis/consumer-0")).not.toBe(secrets[0]);
  // Fixed: a change of the derivation would change every password of every stack.
  expect(deriveSecret("master", "postgres/owner")).toBe("4ZZe_iZY88YlhhD8T2ClWbnZ0R01saDN");
});
