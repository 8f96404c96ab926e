import { expect, test } from "vitest";
import { withEngine } from "../../../tests/harness/cli-samples.ts";
import { fakeContext } from "../../../tests/harness/fake-context.ts";
import type { OutputValues } from "../../engine/engine.ts";
import { outputs } from "./outputs.handler.ts";

const values: OutputValues = {
  gateway: { url: "https://localhost:8443", ca: "/ca.pem" },
  postgres: { primary: { host: "127.0.0.1", port: 5432 }, replicas: [{ host: "127.0.0.1", port: 5433 }] },
};

test("prints every value with its path", async () => {
  const context = fakeContext({ platform: withEngine({ outputs: () => Promise.resolve(values) }) });
  expect(await outputs(context, {})).toBe("done");
  expect(context.out().split("\n")).toEqual([
    "gateway.url                https://localhost:8443",
    "gateway.ca                 /ca.pem",
    "postgres.primary.host      127.0.0.1",
    "postgres.primary.port      5432",
    "postgres.replicas[0].host  127.0.0.1",
    "postgres.replicas[0].port  5433",
    "",
  ]);
});

test("keeps the contract of --json: the components at the top, beside the version", async () => {
  const platform = withEngine({ outputs: () => Promise.resolve(values) });
  const context = fakeContext({ platform, settings: { json: true } });
  await outputs(context, {});
  expect(JSON.parse(context.out())).toEqual({ version: 1, ...values });
});

test.each([true, false])("asks the engine for secrets only when told to: %s", async (showSecrets) => {
  const asked: boolean[] = [];
  const platform = withEngine({
    outputs: (options) => {
      asked.push(options.showSecrets);
      return Promise.resolve(values);
    },
  });
  await outputs(fakeContext({ platform }), { showSecrets });
  expect(asked).toEqual([showSecrets]);
});

test("says that there are none before the first up", async () => {
  await expect(outputs(fakeContext({ platform: withEngine({}) }), {})).rejects.toMatchObject({
    text: { what: "shop (dev) is not up", fix: "run `purlin up`" },
  });
});
