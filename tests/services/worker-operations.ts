import { randomUUID } from "node:crypto";
import type { Call, Fixture } from "./openapi-calls.ts";
import type { WorkerWorld } from "./worker-world.ts";

/** A dead job of a kind that ends at once when it is run again, for its webhook is not there; gives its id. */
export async function bury({ sql }: WorkerWorld, organisationId: string): Promise<string> {
  const id = randomUUID();
  const event = {
    type: "task.created",
    occurredAt: new Date(),
    entityId: id,
    projectId: null,
    actorId: null,
    payload: {},
  };
  const payload = JSON.stringify({ webhookId: randomUUID(), event });
  await sql(
    `INSERT INTO jobs.jobs (id, kind, key, organisation_id, payload, state, attempts, last_error, died_at)
     VALUES ('${id}', 'webhook.deliver', '${id}', '${organisationId}', '${payload}', 'dead', 10, 'planned', now())`,
  );
  return id;
}

/** How to call each operation of the worker, in the organisation `organisationId`. */
export function workerOperations(world: WorkerWorld, organisationId: string): Record<string, Fixture> {
  const ours = { organisationId };
  const list: Fixture = {
    call: async () => {
      await bury(world, organisationId);
      return { params: ours };
    },
  };
  const deadLetter: Fixture = {
    call: async () => ({ params: { ...ours, jobId: await bury(world, organisationId) } }),
  };
  const period = (from: string, to: string) => (): Promise<Call> =>
    Promise.resolve({ params: ours, query: { from, to } });

  return {
    listJobs: list,
    listDeadLetters: list,
    getDeadLetter: deadLetter,
    replayDeadLetter: deadLetter,
    discardDeadLetter: deadLetter,
    getWorkingDays: {
      call: period("2031-12-22", "2032-01-04"),
      others: { 400: period("2031-12-22", "2031-12-21") },
    },
  };
}
