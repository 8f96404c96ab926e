import { all, type Input } from "@pulumi/pulumi";
import type { NeedOf } from "../component.ts";

/** An S3 user: its key pair and what it may do, in SeaweedFS's words. */
export interface Identity {
  name: string;
  accessKeyId: string;
  secretAccessKey: Input<string>;
  /** `Admin`, or an action limited to a bucket: `Read:uploads`. */
  actions: string[];
}

/** What a consumer may do in a bucket it claims: everything but changing the bucket itself. */
const bucketActions = ["Read", "Write", "List", "Tagging"];

/** One identity per consumer, with rights on the buckets it claims and no other. */
export function consumerIdentities(needs: NeedOf<"storage">[], secret: (key: string) => Input<string>): Identity[] {
  const consumers = [...new Set(needs.map(({ consumer }) => consumer))];
  return consumers.map((consumer) => ({
    name: consumer,
    accessKeyId: consumer,
    secretAccessKey: secret(`storage/${consumer}`),
    actions: needs
      .filter((need) => need.consumer === consumer)
      .flatMap(({ bucket }) => bucketActions.map((action) => `${action}:${bucket}`)),
  }));
}

/**
 * The S3 configuration: as soon as it holds one identity, requests without a signature are refused.
 * https://github.com/seaweedfs/seaweedfs/wiki/Amazon-S3-API
 */
export function identityFile(identities: Identity[]): Input<string> {
  const entries = identities.map(({ name, accessKeyId, secretAccessKey, actions }) =>
    all([secretAccessKey]).apply(([secretKey]) => ({
      name,
      credentials: [{ accessKey: accessKeyId, secretKey }],
      actions,
    })),
  );
  return all(entries).apply((list) => JSON.stringify({ identities: list }, null, 2));
}
