import type { Component } from "../component.ts";
import { aws } from "./aws.ts";
import { storageEnv } from "./env.ts";
import { kubernetes } from "./kubernetes.ts";
import { local } from "./local.ts";
import { storageClaims, storageSpec } from "./spec.ts";

export const storage: Component<"storage"> = {
  kind: "storage",
  summary: "S3 storage: buckets, and a key pair for each service with rights on its own",
  spec: storageSpec,
  claims: storageClaims,
  needs: () => [],
  tools: () => ["seaweedfs"],
  after: [],
  on: { local, kubernetes, aws },
  env: storageEnv,
};
