import { S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { runTask } from "../../../targets/local/tasks/run-task.ts";
import { settleBucket } from "./settle-bucket.ts";

const input = z.strictObject({
  endpoint: z.url(),
  region: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  buckets: z.record(z.string(), z.strictObject({ versioning: z.boolean(), expireDays: z.number().optional() })),
});

/** Makes every bucket be as the blueprint says. A bucket that left the blueprint stays: its objects are somebody's. */
await runTask(input, async ({ endpoint, region, accessKeyId, secretAccessKey, buckets }) => {
  const s3 = new S3Client({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } });
  try {
    for (const [name, bucket] of Object.entries(buckets)) await settleBucket(s3, name, bucket);
  } finally {
    s3.destroy();
  }
});
