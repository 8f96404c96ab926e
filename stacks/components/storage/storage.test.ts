import { expect, test } from "vitest";
import { fakeTarget } from "../../../tests/harness/fake-target.ts";
import { register } from "../../../tests/harness/register.ts";
import type { NeedOf } from "../component.ts";
import { storageEnv } from "./env.ts";
import { local } from "./local.ts";
import { storageSpec } from "./spec.ts";

const consumers: NeedOf<"storage">[] = [
  { consumer: "api", on: "storage", bucket: "user-uploads" },
  { consumer: "worker", on: "storage", bucket: "reports" },
];
const front = { url: "https://localhost:8443" };
const spec = storageSpec.parse({ buckets: { "user-uploads": {}, reports: { expireDays: 7 } } });
const build = (wanted = spec) =>
  register(() => local(fakeTarget(), { spec: wanted, consumers, built: {}, envOf: () => ({}), front }));

test("every identity but the administrator's is limited to the buckets it claims", async () => {
  const { resources } = await build();
  const file = resources.find(({ name }) => name === "storage-identities")?.inputs;
  expect(file).toMatchObject({ mode: 0o600 });
  const settings: unknown = JSON.parse(String(file?.["content"]));
  expect(settings).toMatchObject({
    identities: [
      { name: "purlin_admin" },
      {
        name: "api",
        actions: ["Read:user-uploads", "Write:user-uploads", "List:user-uploads", "Tagging:user-uploads"],
      },
      { name: "worker", actions: ["Read:reports", "Write:reports", "List:reports", "Tagging:reports"] },
    ],
  });
});

test("a change of the identities restarts the S3 daemon alone", async () => {
  const { resources } = await build();
  const restarting = resources.filter(({ inputs }) => JSON.stringify(inputs["restartOn"] ?? {}) !== "{}");
  expect(restarting.map(({ name }) => name)).toEqual(["storage-s3"]);
});

test("no daemon listens beyond loopback, chooses a port or reports anywhere", async () => {
  const { resources } = await build();
  const commands = resources
    .filter(({ type }) => type === "purlin:local:Process")
    .map(({ inputs }) => String(inputs["command"]));
  expect(commands).toHaveLength(3);
  for (const command of commands) expect(command).toContain("-ip.bind=127.0.0.1");
  expect(commands[0]).toContain("-master.telemetry=false");
});

test("a consumer's env has its own keys and its buckets by name", async () => {
  const { result } = await build();
  const env = storageEnv(result.outputs, consumers.slice(0, 1));
  expect(Object.keys(env).toSorted()).toEqual([
    "S3_ACCESS_KEY_ID",
    "S3_BUCKET_USER_UPLOADS",
    "S3_ENDPOINT",
    "S3_REGION",
    "S3_SECRET_ACCESS_KEY",
  ]);
  expect(env).toMatchObject({ S3_ACCESS_KEY_ID: "api", S3_BUCKET_USER_UPLOADS: "user-uploads" });
});

test("a presigned bucket is a route that changes nothing that was signed, and whose answers no browser runs", async () => {
  const presigned = storageSpec.parse({ buckets: { "user-uploads": { presigned: true }, reports: {} } });
  const { result } = await build(presigned);
  expect(result.routes).toMatchObject([
    {
      path: "/user-uploads",
      stripPrefix: false,
      responseHeaders: { "Content-Security-Policy": "default-src 'none'; sandbox" },
    },
  ]);
  expect(storageEnv(result.outputs, consumers.slice(0, 1))).toHaveProperty("S3_PUBLIC_ENDPOINT", front.url);
  expect(storageEnv(result.outputs, consumers.slice(1))).not.toHaveProperty("S3_PUBLIC_ENDPOINT");
});

test("without one clients do not reach storage at all", async () => {
  const { result } = await build();
  expect([result.routes, result.outputs.publicEndpoint]).toEqual([[], undefined]);
});
