import type { MigrationBuilder } from "@purlin/kit/migrations";

/*
 * Background work. These rows are the truth: the queue in Redis only says what to run next, and can be lost at any time.
 * A row is there as long as its job has to be done, or could not be. Doing it deletes it: cheaper than keeping what is
 * done, and a job that is run again finds nothing.
 *
 * Row-level security confines whoever works for one organisation to its jobs; the worker itself, outside of any
 * organisation, sees them all.
 */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE SCHEMA jobs;

    CREATE TABLE jobs.jobs (
      id uuid PRIMARY KEY DEFAULT uuidv7(),
      kind text NOT NULL, -- webhook.deliver
      key text NOT NULL, -- what makes it one job and not another of its kind: the event, the slot of a schedule
      organisation_id uuid, -- absent for the platform's own work
      event_id bigint, -- of the outbox
      bundle uuid, -- jobs that are queued and run as one; absent for one that is by itself
      payload jsonb NOT NULL,
      state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'dead')),
      attempts int NOT NULL DEFAULT 0, -- that failed
      run_after timestamptz NOT NULL DEFAULT now(),
      last_error text,
      trace_parent text, -- W3C Trace Context of what it came from
      created_at timestamptz NOT NULL DEFAULT now(),
      died_at timestamptz,
      UNIQUE (kind, key)
    );
    CREATE INDEX jobs_pending ON jobs.jobs (run_after, id) WHERE state = 'pending';
    CREATE INDEX jobs_dead ON jobs.jobs (died_at) WHERE state = 'dead';
    CREATE INDEX jobs_organisation ON jobs.jobs (organisation_id, id);
    ALTER TABLE jobs.jobs SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000); -- rows live for moments

    ALTER TABLE jobs.jobs ENABLE ROW LEVEL SECURITY;
    CREATE POLICY organisation ON jobs.jobs USING (
      access.current_organisation() IS NULL OR organisation_id = access.current_organisation());

    -- The last slot of each schedule that was turned into a job.
    CREATE TABLE jobs.schedules (
      name text PRIMARY KEY,
      slot timestamptz NOT NULL
    );

    -- Webhooks whose last delivery failed, and since when: one that fails for days is disabled.
    CREATE TABLE jobs.failing_webhooks (
      organisation_id uuid NOT NULL,
      webhook_id uuid NOT NULL,
      since timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organisation_id, webhook_id)
    );

    -- The last public holidays the calendar service gave us.
    CREATE TABLE jobs.holidays (
      country text NOT NULL, -- ISO 3166-1 alpha-2
      day date NOT NULL,
      name text NOT NULL,
      PRIMARY KEY (country, day)
    );
    CREATE TABLE jobs.holiday_years (
      country text NOT NULL,
      year int NOT NULL,
      fetched_at timestamptz NOT NULL,
      PRIMARY KEY (country, year)
    );
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql("DROP SCHEMA jobs CASCADE");
}
