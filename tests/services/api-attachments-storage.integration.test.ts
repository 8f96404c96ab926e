import { createHash, randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { createMetrics } from "@purlin/kit/metrics";
import { checkObject } from "@purlin/kit/object-check";
import { createBucket as connect, type Bucket, type PresignedUpload } from "@purlin/kit/storage";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBucket, storageEnv, storedObjects } from "./buckets.ts";
import { s3Key, startDaemons, type Daemons } from "./daemons.ts";

/* Presigned uploads and the check of what arrived, on a real S3 server. */

const release = new AsyncDisposableStack();
const name = "checks";
let daemons: Daemons;
let bucket: Bucket;

beforeAll(async () => {
  daemons = await startDaemons(["replica", "redis"]);
  release.defer(daemons.stop);
  await createBucket(daemons, name);
  const settings = {
    S3_ENDPOINT: storageEnv(daemons, name)["S3_ENDPOINT"] ?? "",
    S3_REGION: "us-east-1",
    S3_ACCESS_KEY_ID: s3Key.accessKeyId,
    S3_SECRET_ACCESS_KEY: s3Key.secretAccessKey,
  };
  bucket = connect(settings, name, createMetrics("test", "0"));
  release.defer(bucket.close);
});

afterAll(() => release.disposeAsync());

const bytes = (text: string) => Buffer.from(text);
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

async function put(
  upload: PresignedUpload,
  body: Buffer<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<number> {
  const answer = await fetch(upload.url, { method: upload.method, headers: { ...upload.headers, ...headers }, body });
  await answer.arrayBuffer();
  return answer.status;
}

const sign = (key: string, body: Buffer, contentType = "text/plain", seconds = 60) =>
  bucket.presignPut(key, { contentType, size: body.length, seconds });

describe("a presigned upload", () => {
  test("stores exactly what it was signed for", async () => {
    const body = randomBytes(1000);
    expect(await put(await sign("exact", body), body)).toBe(200);
    const found = await bucket.get("exact");
    expect(found?.size).toBe(1000);
    expect(found && (await buffer(found.body)).equals(body)).toBe(true);
  });

  test.each<[string, (upload: PresignedUpload) => Promise<number>]>([
    ["more bytes", (upload) => put(upload, bytes("12345678901"))],
    ["fewer bytes", (upload) => put(upload, bytes("123456789"))],
    ["another type", (upload) => put(upload, bytes("1234567890"), { "content-type": "text/html" })],
    [
      "another key",
      (upload) => put({ ...upload, url: upload.url.replace("/bound?", "/elsewhere?") }, bytes("1234567890")),
    ],
    [
      "a longer life",
      (upload) => put({ ...upload, url: upload.url.replace("Expires=60", "Expires=600") }, bytes("1234567890")),
    ],
    ["a reading", async (upload) => (await fetch(upload.url)).status],
    ["a removal", async (upload) => (await fetch(upload.url, { method: "DELETE" })).status],
  ])("is not one for %s", async (_, attempt) => {
    expect(await attempt(await sign("bound", bytes("1234567890")))).toBe(403);
    expect(await storedObjects(daemons, name)).not.toContain("bound");
  });

  test("ends", async () => {
    const body = bytes("late");
    const upload = await sign("late", body, "text/plain", 1);
    await expect.poll(() => Date.now() > upload.expiresAt.getTime() + 1000, { timeout: 10_000 }).toBe(true);
    expect(await put(upload, body)).toBe(403);
  });
});

async function check(body: Buffer<ArrayBuffer>, contentType: string, announced = body.length) {
  expect(await put(await sign("from", body, contentType), body)).toBe(200);
  return checkObject(bucket, "from", "to", { contentType, size: announced });
}

describe("the check", () => {
  test.each<[string, Buffer<ArrayBuffer>]>([
    ["image/png", png],
    ["application/gzip", gzipSync("x")],
    ["application/pdf", bytes("%PDF-1.7\n%âãÏÓ")],
    [
      "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
      Buffer.from(`504b0506${"00".repeat(18)}`, "hex"),
    ],
    ["text/plain", bytes("plain, with ümlaut and 👩‍👧")],
    ["text/plain", Buffer.alloc(0)],
    ["text/csv", bytes("a,b\r\n1,2\r\n")],
    ["text/html", bytes("<script>alert(1)</script>")],
    ["image/svg+xml", bytes('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>')],
    ["text/plain", Buffer.concat(Array.from({ length: 6_000_001 }, () => bytes("é")))],
  ])("takes %s over to where nobody can write", async (contentType, body) => {
    const sha256 = createHash("sha256").update(body).digest("hex");
    expect(await check(body, contentType)).toEqual({ state: "checked", sha256 });
    const kept = await bucket.get("to");
    expect(kept && (await buffer(kept.body)).equals(body)).toBe(true);
    await bucket.delete("to");
  });

  test.each<[string, string, Buffer<ArrayBuffer>]>([
    ["a page called a picture", "image/png", bytes("<html><script>alert(1)</script></html>")],
    ["a program called a picture", "image/png", Buffer.concat([bytes("MZ"), Buffer.alloc(200)])],
    ["a picture called another", "image/jpeg", png],
    ["a picture called text", "text/plain", png],
    [
      "a program called a document",
      "application/vnd.oasis.opendocument.text",
      Buffer.concat([bytes("\x7fELF"), Buffer.alloc(200)]),
    ],
    ["text with NUL", "text/plain", bytes("a\0b")],
    ["text that is not UTF-8", "text/csv", Buffer.from([0x61, 0xff, 0xfe])],
    ["text cut in a character", "text/plain", bytes("é").subarray(0, 1)],
    ["text that goes wrong late", "text/plain", Buffer.concat([Buffer.alloc(200_000, "a"), Buffer.from([0xc3])])],
    ["a type that is not taken", "application/x-msdownload", Buffer.concat([bytes("MZ"), Buffer.alloc(200)])],
    ["nothing called a picture", "image/png", Buffer.alloc(0)],
  ])("refuses %s, and leaves nothing", async (_, contentType, body) => {
    expect(await check(body, contentType)).toEqual({ state: "rejected", reason: "type" });
    expect(await bucket.get("to")).toBeUndefined();
  });

  test("refuses another size than announced, and says when nothing came", async () => {
    expect(await check(bytes("1234"), "text/plain", 5)).toEqual({ state: "rejected", reason: "size" });
    expect(await check(bytes("1234"), "text/plain", 3)).toEqual({ state: "rejected", reason: "size" });
    expect(await bucket.get("to")).toBeUndefined();
    const missing = await checkObject(bucket, "never", "to", { contentType: "text/plain", size: 1 });
    expect(missing).toEqual({ state: "missing" });
  });

  test("an upload repeated after the check changes nothing of what was checked", async () => {
    const upload = await sign("from", bytes("good"));
    await put(upload, bytes("good"));
    await checkObject(bucket, "from", "to", { contentType: "text/plain", size: 4 });
    expect(await put(upload, bytes("evil"))).toBe(200);
    const kept = await bucket.get("to");
    expect(kept && (await buffer(kept.body)).toString()).toBe("good");
  });
});
