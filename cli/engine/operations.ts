export const operations = ["create", "update", "replace", "delete", "read", "same"] as const;

/** What happens to a resource. A replacement is one `replace`, not a create and a delete. */
export type Operation = (typeof operations)[number];

/** Resources by operation. */
export type ResourceCounts = Record<Operation, number>;

/** Counts with every operation present, so that metrics and summaries have the same shape in every run. */
export function countNothing(): ResourceCounts {
  return { create: 0, update: 0, replace: 0, delete: 0, read: 0, same: 0 };
}
