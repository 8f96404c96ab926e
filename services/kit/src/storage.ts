import { createHash } from "node:crypto";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { z } from "zod";
import type { Metrics } from "./metrics.ts";
import { Problem } from "./problems.ts";

export const storageEnv = {
  S3_ENDPOINT: z.url(),
  S3_REGION: z.string(),
  S3_ACCESS_KEY_ID: z.string(),
  S3_SECRET_ACCESS_KEY: z.string(),
  /** Where clients reach the same storage; presigned addresses are made for it. Absent: as the service does. */
  S3_PUBLIC_ENDPOINT: z.url().optional(),
};

export type StorageSettings = z.output<z.ZodObject<typeof storageEnv>>;

export interface StoredObject {
  size: number;
  /** Hexadecimal. */
  sha256: string;
}

/** Lets whoever has it store one object, without the service in between. */
export interface PresignedUpload {
  url: string;
  method: "PUT";
  /** To be sent as they are: they are signed. */
  headers: Record<string, string>;
  expiresAt: Date;
}

/** One bucket. Objects are streamed in both directions and never whole in memory. */
export interface Bucket {
  /**
   * Stores what `body` gives, up to `limit` bytes. Resolves once the object is whole in storage; after a rejection
   * nothing is left there, as far as storage can still be reached.
   * @throws Problem body_too_large past the limit, unavailable when storage does not take it.
   */
  put: (key: string, body: Readable, options: { contentType: string; limit: number }) => Promise<StoredObject>;
  /** Undefined when there is no such object. @throws Problem unavailable */
  get: (key: string) => Promise<{ body: Readable; size: number } | undefined>;
  /**
   * An upload of exactly `size` bytes of `contentType` to `key`, for `seconds` from now. Until then it can be used again
   * and again: what is read from `key` may change.
   */
  presignPut: (
    key: string,
    options: { contentType: string; size: number; seconds: number },
  ) => Promise<PresignedUpload>;
  /** Removes the object; does nothing when there is none. @throws Problem unavailable */
  delete: (key: string) => Promise<void>;
  check: () => Promise<void>;
  close: () => void;
}

/** S3 takes parts of at least 5 MiB; less than one part becomes a plain put. Two in flight bound the memory of an upload. */
const partSize = 5 * 1024 * 1024;

export function createBucket(settings: StorageSettings, bucket: string, metrics: Metrics): Bucket {
  const connect = (endpoint: string) =>
    new S3Client({
      endpoint,
      region: settings.S3_REGION,
      credentials: { accessKeyId: settings.S3_ACCESS_KEY_ID, secretAccessKey: settings.S3_SECRET_ACCESS_KEY },
      forcePathStyle: true,
      maxAttempts: 2,
      requestChecksumCalculation: "WHEN_REQUIRED", // we record a sha256 of our own over the whole object
      requestHandler: { connectionTimeout: 2_000, requestTimeout: 30_000 },
    });
  const client = connect(settings.S3_ENDPOINT);
  const signer = connect(settings.S3_PUBLIC_ENDPOINT ?? settings.S3_ENDPOINT); // only signs: it never connects
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await metrics.dependency("s3", work);
    } catch (error) {
      throw new Problem("unavailable", {
        detail: "file storage does not answer",
        headers: { "retry-after": "1" },
        cause: error,
      });
    }
  };
  return {
    put: async (key, body, { contentType, limit }) => {
      const measured = measure(limit);
      const flow = pipeline(body, measured.stream);
      const params = { Bucket: bucket, Key: key, Body: measured.stream, ContentType: contentType };
      const upload = new Upload({ client, params, partSize, queueSize: 2 });
      const [read, stored] = await Promise.allSettled([flow, call(() => upload.done())]);
      // a broken or oversized body also breaks the upload; the body's own error is the reason
      if (read.status === "rejected") throw measured.tooLarge() ?? read.reason;
      if (stored.status === "rejected") throw stored.reason;
      return measured.result();
    },
    get: async (key) => {
      const found = await call(() =>
        client.send(new GetObjectCommand({ Bucket: bucket, Key: key })).catch(unlessMissing),
      );
      if (!found) return undefined;
      if (!(found.Body instanceof Readable) || found.ContentLength === undefined) throw new Problem("unavailable");
      return { body: found.Body, size: found.ContentLength };
    },
    presignPut: async (key, { contentType, size, seconds }) => {
      const command = new PutObjectCommand({ Bucket: bucket, Key: key, ContentType: contentType, ContentLength: size });
      const url = await getSignedUrl(signer, command, {
        expiresIn: seconds,
        signableHeaders: new Set(["host", "content-type", "content-length"]),
      });
      const expiresAt = new Date(Date.now() + seconds * 1000);
      return { url, method: "PUT", headers: { "content-type": contentType }, expiresAt };
    },
    delete: async (key) => {
      await call(() => client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })));
    },
    check: async () => {
      await client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal: AbortSignal.timeout(900) });
    },
    close: () => {
      client.destroy();
      signer.destroy();
    },
  };
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof NoSuchKey) return undefined;
  throw error;
}

/** Passes bytes on, hashing and counting them; fails past `limit`. */
function measure(limit: number) {
  const hash = createHash("sha256");
  let size = 0;
  let problem: Problem | undefined;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > limit) {
        problem = new Problem("body_too_large", { detail: `a file may have ${limit} bytes` });
        done(problem);
        return;
      }
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { stream, tooLarge: () => problem, result: (): StoredObject => ({ size, sha256: hash.digest("hex") }) };
}
