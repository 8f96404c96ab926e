import type { Component } from "../component.ts";
import { aws } from "./aws.ts";
import { redisEnv } from "./env.ts";
import { kubernetes } from "./kubernetes.ts";
import { local } from "./local.ts";
import { redisClaims, redisSpec } from "./spec.ts";

export const redis: Component<"redis"> = {
  kind: "redis",
  summary: "Redis: a cache that may forget and a queue that may not, kept apart",
  spec: redisSpec,
  claims: redisClaims,
  needs: () => [],
  tools: () => ["redis", "redis_exporter"],
  after: [],
  on: { local, kubernetes, aws },
  env: redisEnv,
};
