import { randomBytes } from "node:crypto";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { output, type Input } from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { running, type Running } from "../../../tests/harness/running.ts";
import type { NeedOf } from "../component.ts";
import { local as gateway, localFront } from "../gateway/local.ts";
import { gatewaySpec } from "../gateway/spec.ts";
import { clientOf } from "../gateway/testing/client.ts";
import { storageEnv } from "./env.ts";
import { local as storage } from "./local.ts";
import { storageSpec } from "./spec.ts";

/* The real gateway before the real S3: what a browser may do with a URL that a service signed, and what nobody may. */

const spec = storageSpec.parse({ buckets: { uploads: { presigned: true }, internal: {} } });
const gatewayPart = gatewaySpec.parse({ maxBody: "1MiB" });
const needs: NeedOf<"storage">[] = ["uploads", "internal"].map((bucket) => ({
  consumer: "api",
  on: "storage" as const,
  bucket,
}));

const release = new AsyncDisposableStack();
let platform: Running;
let client: ReturnType<typeof clientOf>;
let s3: S3Client;
let origin: string;

beforeAll(async () => {
  platform = await running({ storage: spec, gateway: gatewayPart }, ["seaweedfs", "traefik"]);
  release.defer(platform.stop);
  const env = await platform.apply((target) => {
    const front = localFront(target, gatewayPart);
    const built = storage(target, { spec, consumers: needs, built: {}, envOf: () => ({}), front });
    gateway(target, { spec: gatewayPart, consumers: [], built: { storage: built }, envOf: () => ({}) });
    return storageEnv(built.outputs, needs);
  });
  const value = (name: string) => plain(env[name] ?? "");
  origin = await value("S3_PUBLIC_ENDPOINT");
  s3 = new S3Client({
    endpoint: origin,
    region: await value("S3_REGION"),
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED", // what a client will send cannot be summed up beforehand
    credentials: { accessKeyId: await value("S3_ACCESS_KEY_ID"), secretAccessKey: await value("S3_SECRET_ACCESS_KEY") },
  });
  release.defer(() => s3.destroy());
  client = clientOf(origin, platform.target.certificate.caFile);
  release.defer(client.close);
  await vi.waitFor(async () => expect((await client.ask("/uploads/none")).status).toBe(403), { timeout: 10_000 });
});
afterAll(() => release.disposeAsync());

describe("a signed URL", () => {
  test("puts an object and gets it back, byte for byte", async () => {
    const body = randomBytes(300_000);
    const put = await sign(new PutObjectCommand({ Bucket: "uploads", Key: "a/b c+ü.bin", ContentType: "image/png" }));
    expect((await client.ask(put, { method: "PUT", body, headers: { "content-type": "image/png" } })).status).toBe(200);
    const got = await client.ask(await sign(new GetObjectCommand({ Bucket: "uploads", Key: "a/b c+ü.bin" })));
    expect([got.status, got.headers["content-type"], got.headers["content-length"]]).toEqual([
      200,
      "image/png",
      "300000",
    ]);
  });

  test("is for the method, the key, the bucket and the headers it was signed for", async () => {
    const put = await sign(
      new PutObjectCommand({ Bucket: "uploads", Key: "mine", ContentType: "image/png", ContentLength: 4 }),
      ["content-type", "content-length"],
    );
    const ask = (path: string, headers = { "content-type": "image/png" }, method = "PUT", body = "data") =>
      client.ask(path, { method, body, headers }).then(({ status }) => status);
    expect(await ask(put)).toBe(200);
    expect(await ask(put, { "content-type": "text/html" })).toBe(403);
    expect(await ask(put, undefined, "PUT", "longer data")).toBe(403);
    expect(await ask(put.replace("/mine", "/yours"))).toBe(403);
    expect(await ask(put, undefined, "DELETE", "")).toBe(403);
    expect(await ask(put.replace("/uploads/", "/internal/"))).toBe(404); // no route leads there at all
  });

  test("ends", async () => {
    const put = await sign(new PutObjectCommand({ Bucket: "uploads", Key: "late" }), [], 1);
    await expect
      .poll(() => client.ask(put, { method: "PUT", body: "x" }).then(({ status }) => status), { timeout: 10_000 })
      .toBe(403);
  });

  test("does not lift the gateway's body limit", async () => {
    const put = await sign(new PutObjectCommand({ Bucket: "uploads", Key: "big" }));
    expect((await client.ask(put, { method: "PUT", body: randomBytes(gatewayPart.maxBody + 1) })).status).toBe(413);
  });
});

test("what was uploaded runs in no browser, whatever it says it is", async () => {
  const put = await sign(new PutObjectCommand({ Bucket: "uploads", Key: "page.html", ContentType: "text/html" }));
  const body = "<script>alert(document.cookie)</script>";
  await client.ask(put, { method: "PUT", body, headers: { "content-type": "text/html" } });
  const answer = await client.ask(await sign(new GetObjectCommand({ Bucket: "uploads", Key: "page.html" })));
  expect(answer.body).toBe(body);
  expect(answer.headers).toMatchObject({
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
  });
});

describe("without a signature", () => {
  test.each([
    ["GET", "/uploads/a"],
    ["HEAD", "/uploads/a"],
    ["PUT", "/uploads/a"],
    ["DELETE", "/uploads/a"],
    ["POST", "/uploads/a?uploads"],
    ["POST", "/uploads"],
    ["GET", "/uploads"],
    ["GET", "/uploads?versions"],
    ["GET", "/uploads?policy"],
    ["DELETE", "/uploads"],
  ])("%s %s is refused", async (method, path) => {
    const body = method === "PUT" || method === "POST" ? "x" : undefined;
    const { status } = await client.ask(path, { method, ...(body !== undefined && { body }) });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });

  test("no page of another origin may even ask", async () => {
    const headers = { origin: "https://evil.example", "access-control-request-method": "PUT" };
    const answer = await client.ask("/uploads/a", { method: "OPTIONS", headers });
    expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
  });

  test.each([
    "/",
    "/healthz",
    "/internal/a",
    "/uploads/../internal/a",
    "/uploads/%2e%2e/internal/a",
    "/buckets/internal",
  ])("%s leads nowhere", async (path) => {
    expect([400, 403, 404]).toContain((await client.ask(path)).status);
  });
});

/** Path and query of a signed URL; `headers` are those the client must send as they were signed. */
async function sign(
  command: PutObjectCommand | GetObjectCommand,
  headers: string[] = [],
  expiresIn = 60,
): Promise<string> {
  const url = await getSignedUrl(s3, command, { expiresIn, signableHeaders: new Set(headers) });
  expect(url.startsWith(origin)).toBe(true);
  return url.slice(origin.length);
}

function plain(value: Input<string>): Promise<string> {
  return new Promise((resolve) => output(value).apply(resolve));
}
