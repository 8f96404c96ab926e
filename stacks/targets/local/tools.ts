import type { ToolName } from "../../../toolchain/tool.ts";
import type { Blueprint } from "../../blueprint/blueprint.ts";
import type { ComponentKind } from "../../components/component.ts";

/** Tools every local stack is made with. */
const always: ToolName[] = ["pulumi", "supervisor"];

const byKind: Partial<Record<ComponentKind, ToolName[]>> = {
  gateway: ["traefik"],
  postgres: ["postgres"],
  redis: ["redis"],
  storage: ["seaweedfs"],
  mindsdb: ["mindsdb"],
};

/** The tools that one blueprint needs, and no others. */
export function toolsOf({ components }: Pick<Blueprint, "components">): ToolName[] {
  const { postgres, redis, monitoring } = components;
  const parts = Object.entries(byKind).flatMap(([kind, tools]) => (kind in components ? tools : []));
  if (monitoring === undefined) return [...always, ...parts];
  return [
    ...always,
    ...parts,
    "prometheus",
    "alertmanager",
    "node_exporter",
    ...(postgres === undefined ? [] : ["postgres_exporter" as const]),
    ...(redis === undefined ? [] : ["redis_exporter" as const]),
    ...(monitoring.grafana === "off" ? [] : ["grafana" as const]),
  ];
}
