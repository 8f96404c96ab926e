import { emit } from "@purlin/kit/outbox";
import type { Query } from "@purlin/kit/pool";
import { forecastKinds, type Forecast } from "./predictions.ts";

/** Weeks of history a forecast needs; the model in stacks/components/mindsdb/models/work.py refuses fewer. */
export const neededWeeks = 16;

/** Complete weeks of history of the organisation in sight. */
export async function countWeeks(query: Query): Promise<number> {
  const [row] = await query<{ weeks: number }>("SELECT count(*)::int AS weeks FROM analytics.weekly_work");
  return row?.weeks ?? 0;
}

/** Says that the first forecast is being made; one that is there stays as it is. */
export async function markTraining(query: Query, organisation: string): Promise<void> {
  await query(
    `INSERT INTO forecast_models (organisation_id, kind, state) SELECT $1, unnest($2::text[]), 'training'
     ON CONFLICT (organisation_id, kind) DO NOTHING`,
    [organisation, forecastKinds],
  );
}

/** Says that there is too little to learn from. A forecast made before stays: history only shrinks where tasks are deleted. */
export async function storeInsufficient(query: Query, organisation: string, weeks: number): Promise<void> {
  await query(
    `INSERT INTO forecast_models (organisation_id, kind, state, history_weeks) SELECT $1, unnest($2::text[]), 'insufficient_history', $3
     ON CONFLICT (organisation_id, kind) DO UPDATE SET state = excluded.state, history_weeks = excluded.history_weeks,
       model = NULL, mae = NULL, naive_mae = NULL, held_out_weeks = NULL, trained_at = NULL, attempted_at = now(), unavailable_since = NULL`,
    [organisation, forecastKinds, weeks],
  );
  await query("DELETE FROM forecasts WHERE organisation_id = $1", [organisation]);
}

/** Says since when MindsDB has not answered; what was forecast before stays. */
export async function markUnavailable(query: Query, organisation: string): Promise<void> {
  await query(
    `INSERT INTO forecast_models (organisation_id, kind, state, unavailable_since) SELECT $1, unnest($2::text[]), 'training', now()
     ON CONFLICT (organisation_id, kind) DO UPDATE SET
       attempted_at = now(), unavailable_since = coalesce(forecast_models.unavailable_since, now())`,
    [organisation, forecastKinds],
  );
}

/** Puts the forecasts in place of those that are there, with the working days of weeks that are known, and tells that they changed. */
export async function storeForecasts(
  query: Query,
  organisation: string,
  forecasts: Forecast[],
  workingDays: ReadonlyMap<string, number>,
): Promise<void> {
  for (const forecast of forecasts) await storeForecast(query, organisation, forecast, workingDays);
  await emit(query, {
    organisationId: organisation,
    type: "forecast.updated",
    entityId: organisation,
    payload: { kinds: forecasts.map(({ kind, model }) => ({ kind, model })) },
  });
}

async function storeForecast(
  query: Query,
  organisation: string,
  forecast: Forecast,
  workingDays: ReadonlyMap<string, number>,
): Promise<void> {
  const { kind, model, mae, naiveMae, heldOutWeeks, historyWeeks, weeks } = forecast;
  await query(
    `INSERT INTO forecast_models AS known
       (organisation_id, kind, state, model, mae, naive_mae, held_out_weeks, history_weeks, trained_at, attempted_at)
     VALUES ($1, $2, 'ready', $3, $4, $5, $6, $7, now(), now())
     ON CONFLICT (organisation_id, kind) DO UPDATE SET state = excluded.state, model = excluded.model, mae = excluded.mae,
       naive_mae = excluded.naive_mae, held_out_weeks = excluded.held_out_weeks, history_weeks = excluded.history_weeks,
       trained_at = excluded.trained_at, attempted_at = excluded.attempted_at, unavailable_since = NULL`,
    [organisation, kind, model, mae, naiveMae, heldOutWeeks, historyWeeks],
  );
  await query("DELETE FROM forecasts WHERE organisation_id = $1 AND kind = $2", [organisation, kind]);
  await query(
    `INSERT INTO forecasts (organisation_id, kind, week, value, naive_value, working_days)
     SELECT $1, $2, * FROM unnest($3::date[], $4::float8[], $5::float8[], $6::int[])`,
    [
      organisation,
      kind,
      weeks.map(({ week }) => week),
      weeks.map(({ value }) => value),
      weeks.map(({ naiveValue }) => naiveValue),
      weeks.map(({ week }) => workingDays.get(week) ?? null),
    ],
  );
}
