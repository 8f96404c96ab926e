import type { MigrationBuilder } from "@purlin/kit/migrations";

/*
 * What the worker's job `forecast.refresh` brings back from MindsDB. The API answers from these tables alone: with
 * MindsDB away the last forecast is served, and its age told.
 */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE TABLE forecast_models (
      organisation_id uuid NOT NULL REFERENCES access.organisations ON DELETE CASCADE,
      kind text NOT NULL CHECK (kind IN ('completed', 'overdue')),
      state text NOT NULL CHECK (state IN ('training', 'ready', 'insufficient_history')),
      model text CHECK (model IN ('learnt', 'naive')), -- naive: the learnt one was not better on the held-out weeks
      mae double precision, -- mean absolute error on the held-out weeks, tasks a week
      naive_mae double precision,
      held_out_weeks int,
      history_weeks int,
      trained_at timestamptz,
      attempted_at timestamptz NOT NULL DEFAULT now(),
      unavailable_since timestamptz, -- no forecast could be made since, mostly because MindsDB is away; null: the latest attempt succeeded
      PRIMARY KEY (organisation_id, kind),
      CHECK (state <> 'ready' OR (model IS NOT NULL AND mae IS NOT NULL AND naive_mae IS NOT NULL AND trained_at IS NOT NULL))
    );

    CREATE TABLE forecasts (
      organisation_id uuid NOT NULL,
      kind text NOT NULL,
      week date NOT NULL, -- its Monday, UTC
      value double precision NOT NULL CHECK (value >= 0), -- tasks completed, or tasks that become overdue, in that week
      naive_value double precision NOT NULL CHECK (naive_value >= 0),
      computed_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organisation_id, kind, week),
      FOREIGN KEY (organisation_id, kind) REFERENCES forecast_models ON DELETE CASCADE
    );

    CREATE TABLE project_summaries ( -- empty unless the blueprint names a language model
      organisation_id uuid NOT NULL,
      project_id uuid NOT NULL,
      summary text NOT NULL, -- plain text, written by a machine from what people wrote: never shown as HTML
      model text NOT NULL,
      computed_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organisation_id, project_id),
      FOREIGN KEY (organisation_id, project_id) REFERENCES projects (organisation_id, id) ON DELETE CASCADE
    );
  `);
  for (const table of ["forecast_models", "forecasts", "project_summaries"]) {
    migration.sql(`
      ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
      CREATE POLICY organisation ON ${table} FOR ALL
        USING (organisation_id = access.current_organisation()) WITH CHECK (organisation_id = access.current_organisation());
    `);
  }
}

export function down(migration: MigrationBuilder): void {
  migration.sql("DROP TABLE project_summaries, forecasts, forecast_models");
}
