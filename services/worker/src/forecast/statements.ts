import type { MindsdbSettings } from "./config.ts";

/*
 * What MindsDB is asked. Its HTTP interface takes no parameters: names come checked from the configuration, and the only
 * value that comes from elsewhere is an organisation's id, which is let through as a uuid or not at all.
 */

type Names = Pick<MindsdbSettings, "MINDSDB_DATA_SOURCE" | "MINDSDB_PROJECT" | "MINDSDB_ENGINE">;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const modelName = /^work_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/;

/** Trains the organisation's model, in place of the one there was, and answers when that is done. */
export function train({ MINDSDB_DATA_SOURCE, MINDSDB_PROJECT, MINDSDB_ENGINE }: Names, organisation: string): string {
  const history = `SELECT week, completed, overdue FROM analytics.weekly_work WHERE organisation_id = ${literal(organisation)}`;
  return `CREATE OR REPLACE MODEL \`${MINDSDB_PROJECT}\`.\`${modelOf(organisation)}\`
FROM \`${MINDSDB_DATA_SOURCE}\` (${history})
PREDICT completed
USING engine = '${MINDSDB_ENGINE}', join_learn_process = true`;
}

/** The model's forecasts for the weeks to come. */
export function predict({ MINDSDB_DATA_SOURCE, MINDSDB_PROJECT }: Names, organisation: string): string {
  return `SELECT t.week AS week, m.history_weeks, m.held_out_weeks,
  m.completed, m.completed_naive, m.completed_model, m.completed_mae, m.completed_naive_mae,
  m.overdue, m.overdue_naive, m.overdue_model, m.overdue_mae, m.overdue_naive_mae
FROM \`${MINDSDB_DATA_SOURCE}\`.\`analytics\`.\`upcoming_weeks\` AS t
JOIN \`${MINDSDB_PROJECT}\`.\`${modelOf(organisation)}\` AS m
WHERE t.organisation_id = ${literal(organisation)}`;
}

/** A summary of each of the organisation's projects where something happened lately, the busiest first. */
export function summarise(names: Names, organisation: string, model: string, atMost: number): string {
  return `SELECT t.project_id AS project_id, m.summary AS summary
FROM \`${names.MINDSDB_DATA_SOURCE}\`.\`analytics\`.\`project_activity\` AS t
JOIN \`${names.MINDSDB_PROJECT}\`.\`${model}\` AS m
WHERE t.organisation_id = ${literal(organisation)} AND t.place <= ${Math.trunc(atMost)}`;
}

/** The models of organisations. */
export function listModels({ MINDSDB_PROJECT }: Names): string {
  return `SELECT name FROM \`${MINDSDB_PROJECT}\`.models`;
}

export function dropModel({ MINDSDB_PROJECT }: Names, organisation: string): string {
  return `DROP MODEL \`${MINDSDB_PROJECT}\`.\`${modelOf(organisation)}\``;
}

/** The organisation a model is of; undefined for a name that is not one of ours. */
export function organisationOf(model: string): string | undefined {
  return modelName.test(model) ? model.replace(modelName, "$1-$2-$3-$4-$5") : undefined;
}

function modelOf(organisation: string): string {
  return `work_${checked(organisation).replaceAll("-", "")}`;
}

function literal(organisation: string): string {
  return `'${checked(organisation)}'`;
}

function checked(organisation: string): string {
  if (!uuid.test(organisation)) throw new Error("an organisation's id is a uuid");
  return organisation;
}
