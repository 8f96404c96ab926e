import {
  BucketAlreadyOwnedByYou,
  CreateBucketCommand,
  DeleteBucketLifecycleCommand,
  GetBucketVersioningCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  type S3Client,
} from "@aws-sdk/client-s3";

export interface BucketSettings {
  versioning: boolean;
  /** Days after which objects are removed; absent: never. */
  expireDays?: number | undefined;
}

/** Creates the bucket if it is missing and brings its versioning and lifecycle in line; its objects stay as they are. */
export async function settleBucket(s3: S3Client, Bucket: string, settings: BucketSettings): Promise<void> {
  await createIfMissing(s3, Bucket);
  await settleVersioning(s3, Bucket, settings.versioning);
  await settleLifecycle(s3, Bucket, settings);
}

async function createIfMissing(s3: S3Client, Bucket: string): Promise<void> {
  try {
    await s3.send(new CreateBucketCommand({ Bucket }));
  } catch (error) {
    if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
  }
}

/** A bucket that was never versioned has no status, and suspending it would give it one. */
async function settleVersioning(s3: S3Client, Bucket: string, wanted: boolean): Promise<void> {
  const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket }));
  if ((Status === "Enabled") === wanted) return;
  const VersioningConfiguration = { Status: wanted ? ("Enabled" as const) : ("Suspended" as const) };
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
}

async function settleLifecycle(s3: S3Client, Bucket: string, { expireDays, versioning }: BucketSettings) {
  if (expireDays === undefined) {
    await s3.send(new DeleteBucketLifecycleCommand({ Bucket }));
    return;
  }
  const rule = {
    ID: "expire",
    Status: "Enabled" as const,
    Filter: { Prefix: "" },
    Expiration: { Days: expireDays },
    // In a versioned bucket expiry only hides an object; its earlier versions go after as many days again.
    ...(versioning && { NoncurrentVersionExpiration: { NoncurrentDays: expireDays } }),
  };
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [rule] } }));
}
