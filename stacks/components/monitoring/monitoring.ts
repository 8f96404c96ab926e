import type { Component } from "../component.ts";
import { aws } from "./aws.ts";
import { kubernetes } from "./kubernetes.ts";
import { local } from "./local.ts";
import { monitoringSpec } from "./spec.ts";
import { tracesEnv } from "./traces.ts";

export const monitoring: Component<"monitoring"> = {
  kind: "monitoring",
  summary: "Prometheus, Alertmanager, host metrics and dashboards",
  spec: monitoringSpec,
  needs: () => [],
  tools: ({ grafana }) => [
    "prometheus",
    "alertmanager",
    "node_exporter",
    ...(grafana === "off" ? [] : ["grafana" as const]),
  ],
  after: "everything",
  on: { local, kubernetes, aws },
  commonEnv: (_target, { traces }) => (traces ? tracesEnv(traces) : {}),
  env: () => ({}),
};
