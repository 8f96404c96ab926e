import type { Input } from "@pulumi/pulumi";
import type { NeedOf } from "../component.ts";
import type { StorageOutputs } from "./outputs.ts";

/**
 * S3_ENDPOINT, S3_REGION, the consumer's key pair, S3_BUCKET_<NAME> for every bucket it claims, and S3_PUBLIC_ENDPOINT, which
 * URLs for clients are signed for, where one of them is presigned.
 */
export function storageEnv(outputs: StorageOutputs, needs: NeedOf<"storage">[]): Record<string, Input<string>> {
  const env: Record<string, Input<string>> = { S3_ENDPOINT: outputs.endpoint, S3_REGION: outputs.region };
  for (const { consumer, bucket } of needs) {
    const keys = outputs.consumers[consumer];
    const claimed = outputs.buckets[bucket];
    if (!keys || !claimed) throw new Error(`storage: ${consumer} has no key pair for bucket ${bucket}`);
    env["S3_ACCESS_KEY_ID"] = keys.accessKeyId;
    env["S3_SECRET_ACCESS_KEY"] = keys.secretAccessKey;
    if (claimed.presigned && outputs.publicEndpoint) env["S3_PUBLIC_ENDPOINT"] = outputs.publicEndpoint;
    env[`S3_BUCKET_${bucket.toUpperCase().replaceAll("-", "_")}`] = claimed.name;
  }
  return env;
}
