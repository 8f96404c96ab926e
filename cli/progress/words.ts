import type { Operation } from "../engine/engine.ts";

/** The message of a step that an interruption called off: it has not failed. */
export const calledOff = "cancelled";

/** What will be done to a resource, was done, and is being done. */
export const operationWords = {
  create: { todo: "to create", done: "created", running: "creating" },
  update: { todo: "to update", done: "updated", running: "updating" },
  replace: { todo: "to replace", done: "replaced", running: "replacing" },
  delete: { todo: "to delete", done: "deleted", running: "deleting" },
  read: { todo: "to read", done: "read", running: "reading" },
  same: { todo: "unchanged", done: "unchanged", running: "checking" },
} as const satisfies Record<Operation, { todo: string; done: string; running: string }>;
