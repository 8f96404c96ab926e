import { expect, test } from "vitest";
import { blueprint } from "../../../tests/harness/cli-samples.ts";
import { fakeContext } from "../../../tests/harness/fake-context.ts";
import { config } from "./config.handler.ts";
import { redact } from "./redact.ts";

test("prints the blueprint as YAML", async () => {
  const context = fakeContext();
  expect(await config(context)).toBe("done");
  expect(context.out()).toBe("name: shop\nstacks:\n  dev:\n    target: local\n");
});

test("prints the blueprint as JSON", async () => {
  const context = fakeContext({ settings: { json: true } });
  await config(context);
  expect(JSON.parse(context.out())).toEqual({ version: 1, blueprint: blueprint() });
});

test.each([
  [{ SMTP_PASSWORD: "hush" }, { SMTP_PASSWORD: "[secret]" }],
  [{ ops: { webhook: "https://hooks.example/T0K3N" } }, { ops: { webhook: "[secret]" } }],
  [{ env: { STRIPE_API_KEY: "hush" } }, { env: { STRIPE_API_KEY: "[secret]" } }],
  [{ backend: "postgres://me:hush@db/state" }, { backend: "postgres://me:[secret]@db/state" }],
  [
    { path: "services/api", instances: 2 },
    { path: "services/api", instances: 2 },
  ],
])("redacts %j", (value, redacted) => {
  expect(redact(value)).toEqual(redacted);
});
