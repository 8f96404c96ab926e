import type { Component } from "../component.ts";
import { aws } from "./aws.ts";
import { postgresEnv } from "./env.ts";
import { kubernetes } from "./kubernetes.ts";
import { local } from "./local.ts";
import { postgresClaims, postgresSpec } from "./spec.ts";

export const postgres: Component<"postgres"> = {
  kind: "postgres",
  summary: "Postgres: one primary for writes, streaming replicas for reads",
  spec: postgresSpec,
  claims: postgresClaims,
  needs: () => [],
  tools: () => ["postgres", "postgres_exporter"],
  after: [],
  on: { local, kubernetes, aws },
  env: postgresEnv,
};
