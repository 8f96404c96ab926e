import type { ResourceCounts } from "./engine.ts";

/** Counts with every operation present, so that metrics and summaries have the same shape in every run. */
export function countNothing(): ResourceCounts {
  return { create: 0, update: 0, replace: 0, delete: 0, read: 0, same: 0 };
}
