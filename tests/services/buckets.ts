import { CreateBucketCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { eventually, s3Key, type Daemons } from "./daemons.ts";

/** The environment of a service that uses `bucket` as its attachments. */
export function storageEnv(daemons: Daemons, bucket: string): Record<string, string> {
  return {
    S3_ENDPOINT: endpoint(daemons),
    S3_REGION: "us-east-1",
    S3_ACCESS_KEY_ID: s3Key.accessKeyId,
    S3_SECRET_ACCESS_KEY: s3Key.secretAccessKey,
    S3_BUCKET_ATTACHMENTS: bucket,
  };
}

export async function createBucket(daemons: Daemons, bucket: string): Promise<void> {
  await eventually(() => client(daemons).send(new CreateBucketCommand({ Bucket: bucket })));
}

/** Keys of all objects of `bucket`. */
export async function storedObjects(daemons: Daemons, bucket: string): Promise<string[]> {
  const { Contents = [] } = await client(daemons).send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key }) => Key ?? "");
}

function client(daemons: Daemons): S3Client {
  return new S3Client({ endpoint: endpoint(daemons), region: "us-east-1", credentials: s3Key, forcePathStyle: true });
}

function endpoint(daemons: Daemons): string {
  return `http://127.0.0.1:${daemons.storage.port}`;
}
