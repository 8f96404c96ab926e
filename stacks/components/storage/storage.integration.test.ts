import { createHash, randomBytes } from "node:crypto";
import {
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { output, type Input } from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { running, type Running } from "../../../tests/harness/running.ts";
import type { Built, NeedOf } from "../component.ts";
import { local } from "./local.ts";
import type { StorageSpec } from "./outputs.ts";
import { storageSpec } from "./spec.ts";

const daemons = ["storage-s3", "storage-filer", "storage-server"];
const spec = storageSpec.parse({ buckets: { uploads: { versioning: true }, reports: { expireDays: 7 }, shared: {} } });
const consumers: NeedOf<"storage">[] = [
  { consumer: "api", on: "storage", bucket: "uploads" },
  { consumer: "api", on: "storage", bucket: "shared" },
  { consumer: "worker", on: "storage", bucket: "reports" },
];

let platform: Running;
let built: Built<"storage">;
let admin: S3Client, api: S3Client, worker: S3Client;

const build = (wanted: StorageSpec) =>
  platform.apply((target) => local(target, { spec: wanted, consumers, built: {}, envOf: () => ({}) }));

beforeAll(async () => {
  platform = await running({ storage: spec }, ["seaweedfs"]);
  built = await build(spec);
  [admin, api, worker] = await Promise.all([clientOf("purlin_admin", "admin"), clientOf("api"), clientOf("worker")]);
});
afterAll(() => platform.stop());

describe("rights", () => {
  test("a consumer reads and writes its own buckets", async () => {
    for (const Bucket of ["uploads", "shared"]) {
      await api.send(new PutObjectCommand({ Bucket, Key: "greeting", Body: "hello" }));
      expect(await read(api, Bucket, "greeting")).toEqual(Buffer.from("hello"));
    }
  });

  test.each([
    ["read", () => api.send(new GetObjectCommand({ Bucket: "reports", Key: "x" }))],
    ["write", () => api.send(new PutObjectCommand({ Bucket: "reports", Key: "x", Body: "x" }))],
    ["list", () => api.send(new ListObjectsV2Command({ Bucket: "reports" }))],
    ["make a bucket", () => api.send(new CreateBucketCommand({ Bucket: "another" }))],
  ])("it cannot %s beyond them", async (_what, request) => {
    await expect(request()).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
  });

  test("nobody gets in without a key, or with a wrong one", async () => {
    await api.send(new PutObjectCommand({ Bucket: "uploads", Key: "private", Body: "x" }));
    expect((await fetch(`${await plain(built.outputs.endpoint)}/uploads/private`)).status).toBe(403);
    const wrong = await client({ accessKeyId: "api", secretAccessKey: "wrong" });
    await expect(wrong.send(new GetObjectCommand({ Bucket: "uploads", Key: "private" }))).rejects.toMatchObject({
      name: "SignatureDoesNotMatch",
    });
  });

  test("filer and volumes answer nobody who is not one of them", async () => {
    const filer = platform.target.port("storage/filer");
    for (const method of ["GET", "PUT"]) {
      expect((await fetch(`http://127.0.0.1:${filer}/buckets/uploads/private`, { method })).status).toBe(401);
    }
  });
});

describe("objects", () => {
  test("of many megabytes come back byte for byte", async () => {
    const Body = randomBytes(9_000_001);
    await api.send(new PutObjectCommand({ Bucket: "uploads", Key: "large", Body }));
    expect(digest(await read(api, "uploads", "large"))).toBe(digest(Body));
  });

  test("that were acknowledged survive kill -9 of everything", async () => {
    const bodies = new Map(Array.from({ length: 20 }, (_, n) => [`kept/${n}`, randomBytes(n * 100_000 + 1)]));
    for (const [Key, Body] of bodies) await api.send(new PutObjectCommand({ Bucket: "shared", Key, Body }));
    for (const daemon of daemons) await platform.kill(daemon);
    for (const daemon of daemons.toReversed()) await platform.start(daemon);
    for (const [key, body] of bodies) expect(digest(await read(api, "shared", key))).toBe(digest(body));
  });
});

describe("buckets", () => {
  test("have the versioning and the expiry of the blueprint", async () => {
    expect(await admin.send(new GetBucketVersioningCommand({ Bucket: "uploads" }))).toMatchObject({
      Status: "Enabled",
    });
    expect((await admin.send(new GetBucketVersioningCommand({ Bucket: "shared" }))).Status).toBeUndefined();
    expect(await expiry("reports")).toBe(7);
    await expect(expiry("uploads")).rejects.toMatchObject({ name: "NoSuchLifecycleConfiguration" });
  });

  test("are settled again with their objects left alone", async () => {
    await worker.send(new PutObjectCommand({ Bucket: "reports", Key: "kept", Body: "x" }));
    await platform.runTask("storage-buckets");
    expect(await expiry("reports")).toBe(7);
    expect(await read(worker, "reports", "kept")).toEqual(Buffer.from("x"));
  });

  test("follow a change of the blueprint; one that left it stays", async () => {
    await build(storageSpec.parse({ buckets: { uploads: {}, shared: { expireDays: 3 }, fresh: {} } }));
    expect(await admin.send(new GetBucketVersioningCommand({ Bucket: "uploads" }))).toMatchObject({
      Status: "Suspended",
    });
    expect(await expiry("shared")).toBe(3);
    await admin.send(new HeadBucketCommand({ Bucket: "fresh" }));
    expect(await read(worker, "reports", "kept")).toEqual(Buffer.from("x"));
  });
});

describe("metrics", () => {
  test.each([
    ["server", "SeaweedFS_master_is_leader 1"],
    ["server", "SeaweedFS_volumeServer_volumes"],
    ["server", "SeaweedFS_volumeServer_disk_error_status"],
    ["filer", "SeaweedFS_filerStore_request_seconds_bucket"],
    ["s3", "SeaweedFS_s3_request_total"],
    ["s3", "SeaweedFS_s3_request_seconds_bucket"],
  ])("%s has %s", async (instance, metric) => {
    const target = built.scrape.find(({ labels }) => labels.instance === instance);
    const metrics = `http://${await plain(target?.address ?? "")}/metrics`;
    // The master looks only every 5 s whether it leads.
    const answer = async () => (await fetch(metrics)).text();
    await expect.poll(answer, { timeout: 20_000, interval: 200 }).toContain(metric);
  });
});

async function expiry(Bucket: string): Promise<number | undefined> {
  const { Rules } = await admin.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
  return Rules?.[0]?.Expiration?.Days;
}

async function read(s3: S3Client, Bucket: string, Key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function clientOf(accessKeyId: string, secret = accessKeyId): Promise<S3Client> {
  const secretAccessKey = await plain(platform.target.secret(`storage/${secret}`));
  return client({ accessKeyId, secretAccessKey });
}

async function client(credentials: { accessKeyId: string; secretAccessKey: string }): Promise<S3Client> {
  const endpoint = await plain(built.outputs.endpoint);
  return new S3Client({ endpoint, region: built.outputs.region, forcePathStyle: true, maxAttempts: 1, credentials });
}

function plain(value: Input<string>): Promise<string> {
  return new Promise((resolve) => output(value).apply(resolve));
}

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
