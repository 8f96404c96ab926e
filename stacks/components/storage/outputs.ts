import type { Input } from "@pulumi/pulumi";

export interface StorageSpec {
  buckets: Record<string, { expireDays?: number | undefined; versioning: boolean; presigned: boolean }>;
}

export interface StorageOutputs {
  /** S3 endpoint URL; path-style addressing. */
  endpoint: Input<string>;
  /** Endpoint URL by which clients reach presigned buckets: the gateway. Absent where no bucket is. */
  publicEndpoint?: Input<string>;
  region: string;
  buckets: Record<string, { name: string; presigned: boolean }>;
  /** One key pair per consumer, with rights on its claimed buckets only. */
  consumers: Record<string, { accessKeyId: string; secretAccessKey: Input<string> }>;
}

declare module "../component.ts" {
  interface Specs {
    storage: StorageSpec;
  }
  interface Outputs {
    storage: StorageOutputs;
  }
  interface Claims {
    storage: { bucket: string };
  }
}
