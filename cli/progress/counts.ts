import type { ResourceCounts } from "../engine/engine.ts";
import { operationWords } from "./words.ts";

/** `3 created, 12 unchanged`, or `3 to create, 12 unchanged`; `no resources` when there are none. */
export function countText(counts: ResourceCounts, tense: "todo" | "done" = "done"): string {
  const changes = (["create", "update", "replace", "delete", "same"] as const).filter((name) => counts[name] > 0);
  return changes.map((name) => `${counts[name]} ${operationWords[name][tense]}`).join(", ") || "no resources";
}
