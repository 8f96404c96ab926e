import type { Address, Route } from "../component.ts";
import type { StorageSpec } from "./outputs.ts";

/**
 * A route of the gateway for each presigned bucket: path and host stay as they are, since both are part of what was
 * signed. What comes back was uploaded by somebody, and it comes from the platform's own origin: no browser may run it.
 */
export function presignedRoutes({ buckets }: StorageSpec, s3: Address): Route[] {
  const presigned = Object.entries(buckets).filter(([, bucket]) => bucket.presigned);
  return presigned.map(([bucket]) => ({
    name: `storage-${bucket}`,
    path: `/${bucket}`,
    stripPrefix: false,
    sticky: false,
    backends: [s3],
    healthPath: "/healthz",
    responseHeaders: {
      "Content-Security-Policy": "default-src 'none'; sandbox",
      "Cross-Origin-Resource-Policy": "same-origin",
    },
  }));
}
