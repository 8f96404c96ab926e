import type { ResourceCounts } from "../engine/engine.ts";
import { operationWords } from "./words.ts";

/** `3 created, 12 unchanged`; `no resources` when there are none. */
export function countText(counts: ResourceCounts): string {
  const changes = (["create", "update", "replace", "delete", "same"] as const).filter((name) => counts[name] > 0);
  return changes.map((name) => `${counts[name]} ${operationWords[name].done}`).join(", ") || "no resources";
}
