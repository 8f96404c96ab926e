import type { Query } from "@purlin/kit/pool";
import type { NewJob } from "../jobs/kind.ts";

/** A forecast is made again after this long: weeks that were not over yesterday may be today. */
const age = "20 hours";

/** Organisations planned at once: the rest comes with the next plan. */
const atMost = 200;

/**
 * Makes a job of each kind for every organisation that is due, the longest waiting first, and none where one is
 * still pending.
 */
export async function planForecasts(query: Query, slot: string, kinds: string[]): Promise<NewJob[]> {
  return query<NewJob>(
    `INSERT INTO jobs.jobs (kind, key, organisation_id, payload)
     SELECT kind, due.id || ' ' || $1, due.id, '{}'
     FROM analytics.due_forecasts($2::interval, $3) AS due (id), unnest($4::text[]) AS kind
     WHERE NOT EXISTS (
       SELECT FROM jobs.jobs pending WHERE pending.organisation_id = due.id AND pending.state = 'pending' AND pending.kind = ANY ($4))
     ON CONFLICT (kind, key) DO NOTHING
     RETURNING id, kind`,
    [slot, age, atMost, kinds],
  );
}
