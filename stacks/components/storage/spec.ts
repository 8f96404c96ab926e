import { z } from "zod";
import { bucketName, count, mapping } from "../../blueprint/fields.ts";
import type { Claims } from "../component.ts";
import type { StorageSpec } from "./outputs.ts";

export const storageSpec = z
  .strictObject({
    buckets: mapping(
      bucketName(),
      z.strictObject({
        expireDays: count({ min: 1, max: 3650 })
          .optional()
          .describe("Days after which objects are removed; absent: never."),
        versioning: z.boolean().default(false).describe("Keep earlier versions of overwritten and removed objects."),
        presigned: z
          .boolean()
          .default(false)
          .describe("Let clients use URLs a service has signed, through the gateway at /<bucket>/."),
      }),
    )
      .default({})
      .describe("Buckets by name."),
  })
  .describe("S3 object storage.") satisfies z.ZodType<StorageSpec>;

export const storageClaims = z
  .array(z.strictObject({ bucket: bucketName().describe("A bucket of storage.buckets.") }))
  .describe("Buckets used, through one key pair of the service's own.") satisfies z.ZodType<Claims["storage"][]>;
