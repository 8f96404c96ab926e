import type { Database } from "@purlin/kit/postgres";
import { continueTrace } from "@purlin/kit/telemetry";
import type { Effect, NewJob } from "./kind.ts";
import { seeOrganisation, take } from "./rows.ts";

/**
 * Commits the effects of jobs of one kind together with the end of their rows. Gives how many of them were there to be done, and
 * the jobs they made.
 */
export async function commitEffects(
  db: Database,
  name: string,
  ids: readonly string[],
  effect: Effect,
): Promise<{ done: number; made: NewJob[] }> {
  const { value } = await db.write(async (query) => {
    const made: NewJob[] = [];
    const jobs = await take(query, ids);
    const byOrganisation = Map.groupBy(jobs, ({ organisationId }) => organisationId);
    for (const [organisation, some] of byOrganisation) {
      for (const [index, job] of some.entries()) {
        // an effect for no organisation may have looked into some by itself
        if (index === 0 || organisation === null) await seeOrganisation(query, job);
        const attributes = { "job.id": job.id, "job.attempt": job.attempts + 1 };
        const run = () => effect(query, job);
        made.push(...((await continueTrace(job.traceParent, `${name} effect`, attributes, run)) ?? []));
      }
    }
    return { done: jobs.length, made };
  });
  return value;
}
