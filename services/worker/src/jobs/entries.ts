import type { QueueEntry } from "@purlin/kit/queue";
import type { NewJob } from "./kind.ts";

/** What is queued for some jobs of one kind: an entry for each bundle, and for each job by itself. */
export function entriesOf(jobs: readonly NewJob[]): QueueEntry[] {
  const together = Map.groupBy(jobs, ({ id, bundle }) => bundle ?? id);
  return [...together].map(([id, some]) => ({ id, jobs: some.map((job) => job.id) }));
}
