import type { Database } from "@purlin/kit/postgres";
import { isOutage } from "@purlin/kit/problems";
import { continueTrace } from "@purlin/kit/telemetry";
import type { Effect, NewJob } from "./kind.ts";
import { seeOrganisation, take } from "./rows.ts";

/** Commits a job's effect together with the end of its row; gives the jobs it made, or undefined when there was nothing to do. */
export type Commit = (id: string, effect: Effect) => Promise<NewJob[] | undefined>;

interface Waiting {
  id: string;
  effect: Effect;
  done: (result: NewJob[] | undefined) => void;
  failed: (error: unknown) => void;
}

/** Transactions at once, and most jobs in one. */
const lanes = 2;
const most = 64;

/**
 * Jobs that end while a transaction is under way share the next one: under load the disk is waited for once for many. A
 * job whose effect fails takes the others of its transaction back with it; then each is done by itself.
 */
export function createCommitter(db: Database, name: string): Commit {
  const waiting: Waiting[] = [];
  let running = 0;
  const pump = () => {
    while (running < lanes && waiting.length > 0) {
      running++;
      void commitAll(db, name, waiting.splice(0, most)).finally(() => {
        running--;
        pump();
      });
    }
  };
  return (id, effect) =>
    new Promise((done, failed) => {
      waiting.push({ id, effect, done, failed });
      pump();
    });
}

async function commitAll(db: Database, name: string, jobs: readonly Waiting[]): Promise<void> {
  try {
    const made = await inOneTransaction(db, name, jobs);
    for (const job of jobs) job.done(made.get(job.id));
  } catch (error) {
    if (jobs.length > 1 && !isOutage(error)) for (const job of jobs) await commitAll(db, name, [job]);
    else for (const job of jobs) job.failed(error);
  }
}

async function inOneTransaction(db: Database, name: string, jobs: readonly Waiting[]): Promise<Map<string, NewJob[]>> {
  const effects = new Map(jobs.map(({ id, effect }) => [id, effect]));
  const { value } = await db.write(async (query) => {
    const made = new Map<string, NewJob[]>();
    const taken = await take(query, [...effects.keys()]);
    let seen: string | null = null;
    const byOrganisation = Map.groupBy(taken, ({ organisationId }) => organisationId);
    for (const job of [...byOrganisation.values()].flat()) {
      // an effect for no organisation may have looked into some by itself
      if (job.organisationId === null || job.organisationId !== seen) await seeOrganisation(query, job);
      seen = job.organisationId;
      const effect = () => effects.get(job.id)?.(query, job) ?? Promise.resolve(undefined);
      const attributes = { "job.id": job.id, "job.attempt": job.attempts + 1 };
      made.set(job.id, (await continueTrace(job.traceParent, `${name} effect`, attributes, effect)) ?? []);
    }
    return made;
  });
  return value;
}
