import type { Query } from "@purlin/kit/pool";
import { z } from "zod";
import type { MindsdbSettings } from "./config.ts";
import type { Mindsdb } from "./mindsdb.ts";
import { summarise } from "./statements.ts";

/** Projects summarised at a time, the busiest: each is one question to the language model. */
const projects = 5;

/** Longer than summary.py may take over all of them. */
const timeout = 170_000;

const answer = z.array(z.object({ project_id: z.uuid(), summary: z.string().min(1).max(2_000) }));

export type Summary = z.output<typeof answer>[number];

/** Asks the language model for summaries of the organisation's projects. */
export async function summariseProjects(
  mindsdb: Mindsdb,
  names: MindsdbSettings & { MINDSDB_SUMMARY_MODEL: string },
  organisation: string,
  signal: AbortSignal,
): Promise<Summary[]> {
  const statement = summarise(names, organisation, names.MINDSDB_SUMMARY_MODEL, projects);
  return answer.parse(await mindsdb.run(statement, { signal, timeout }));
}

/** Puts the summaries in place of those that are there. A project deleted meanwhile is left out. */
export async function storeSummaries(
  query: Query,
  organisation: string,
  model: string,
  summaries: Summary[],
): Promise<void> {
  await query("DELETE FROM project_summaries WHERE organisation_id = $1", [organisation]);
  await query(
    `INSERT INTO project_summaries (organisation_id, project_id, summary, model)
     SELECT $1, given.project_id, given.summary, $2
     FROM unnest($3::uuid[], $4::text[]) AS given (project_id, summary)
     JOIN projects p ON p.organisation_id = $1 AND p.id = given.project_id`,
    [organisation, model, summaries.map(({ project_id }) => project_id), summaries.map(({ summary }) => summary)],
  );
}
