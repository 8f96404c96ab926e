import type { Operation } from "../engine/engine.ts";

/** What was done to a resource, and what is being done to it. */
export const operationWords = {
  create: { done: "created", running: "creating" },
  update: { done: "updated", running: "updating" },
  replace: { done: "replaced", running: "replacing" },
  delete: { done: "deleted", running: "deleting" },
  read: { done: "read", running: "reading" },
  same: { done: "unchanged", running: "checking" },
} as const satisfies Record<Operation, { done: string; running: string }>;
