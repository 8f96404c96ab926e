import type { MigrationBuilder } from "@purlin/kit/migrations";

/*
 * What forecasts are made from: counts, by organisation and week, and no text anybody wrote (but for the activity that
 * a language model may summarise, where one is set up).
 *
 * The views read with their owner's rights and so past row-level security; each does by `analytics.may_see` what that
 * does. A login that may write (a service's) sees the organisation of its transaction, as everywhere. A login that may
 * only read, MindsDB's, has no such transaction: it sees every organisation, and names the one in each query.
 *
 * Weeks begin on Monday, UTC. Cancelled tasks count nowhere.
 */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE SCHEMA IF NOT EXISTS analytics; -- the platform makes it before, with rights for the login that sees nothing else

    CREATE FUNCTION analytics.only_reads() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
      RETURN NOT has_table_privilege('platform.outbox', 'INSERT');

    CREATE FUNCTION analytics.this_week() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
      RETURN date_trunc('week', now() AT TIME ZONE 'UTC')::date;

    -- One row for each organisation, project and week in which something happened.
    CREATE VIEW analytics.task_weeks AS
      SELECT organisation_id, project_id, date_trunc('week', day::timestamp)::date AS week,
        sum(created)::int AS created, sum(completed)::int AS completed, sum(overdue)::int AS overdue
      FROM (
        SELECT organisation_id, project_id, (created_at AT TIME ZONE 'UTC')::date AS day, 1 AS created, 0 AS completed, 0 AS overdue
        FROM tasks WHERE status <> 'cancelled'
        UNION ALL
        SELECT organisation_id, project_id, (completed_at AT TIME ZONE 'UTC')::date, 0, 1, 0
        FROM tasks WHERE status <> 'cancelled' AND completed_at IS NOT NULL
        UNION ALL -- a task becomes overdue on the day after it was due
        SELECT organisation_id, project_id, due_on + 1, 0, 0, 1
        FROM tasks
        WHERE status <> 'cancelled' AND due_on < (now() AT TIME ZONE 'UTC')::date
          AND (completed_at IS NULL OR (completed_at AT TIME ZONE 'UTC')::date > due_on)
      ) AS happenings
      WHERE organisation_id = access.current_organisation() OR (SELECT analytics.only_reads())
      GROUP BY organisation_id, project_id, date_trunc('week', day::timestamp)::date;

    -- One row for each organisation and complete week since its first task, three years at most, also where nothing happened.
    CREATE VIEW analytics.weekly_work AS
      SELECT calendar.organisation_id, calendar.week,
        coalesce(happened.created, 0) AS created, coalesce(happened.completed, 0) AS completed,
        coalesce(happened.overdue, 0) AS overdue,
        (calendar.open_before + sum(coalesce(happened.created, 0) - coalesce(happened.completed, 0))
          OVER (PARTITION BY calendar.organisation_id ORDER BY calendar.week))::int AS open
      FROM (
        SELECT known.organisation_id, week::date, known.open_before
        FROM (
          SELECT organisation_id, greatest(min(week), analytics.this_week() - 156 * 7) AS first_week,
            coalesce(sum(created - completed) FILTER (WHERE week < analytics.this_week() - 156 * 7), 0) AS open_before
          FROM analytics.task_weeks
          GROUP BY organisation_id
        ) AS known, generate_series(known.first_week, analytics.this_week() - 7, '7 days') AS week
      ) AS calendar
      LEFT JOIN (
        SELECT organisation_id, week, sum(created)::int AS created, sum(completed)::int AS completed, sum(overdue)::int AS overdue
        FROM analytics.task_weeks
        GROUP BY organisation_id, week
      ) AS happened ON happened.organisation_id = calendar.organisation_id AND happened.week = calendar.week;

    -- The weeks to forecast: this one, which is not over, and those after it.
    CREATE VIEW analytics.upcoming_weeks AS
      SELECT o.id AS organisation_id, week::date
      FROM access.organisations o, generate_series(analytics.this_week(), analytics.this_week() + 3 * 7, '7 days') AS week
      WHERE o.deleted_at IS NULL AND (o.id = access.current_organisation() OR (SELECT analytics.only_reads()));

    -- What a language model is told of a project: counts, and the titles of what was done in the last two weeks. Place 1 is
    -- the project of its organisation where most was done.
    CREATE VIEW analytics.project_activity AS
      SELECT p.organisation_id, p.id AS project_id, p.name AS project,
        count(*) FILTER (WHERE t.created_at > now() - interval '14 days')::int AS created,
        count(*) FILTER (WHERE t.completed_at > now() - interval '14 days')::int AS completed,
        count(*) FILTER (WHERE t.completed_at IS NULL)::int AS open,
        count(*) FILTER (WHERE t.completed_at IS NULL AND t.due_on < (now() AT TIME ZONE 'UTC')::date)::int AS overdue,
        coalesce((
          SELECT string_agg(left(latest.title, 120), '; ' ORDER BY latest.completed_at DESC)
          FROM (
            SELECT d.title, d.completed_at FROM tasks d
            WHERE d.organisation_id = p.organisation_id AND d.project_id = p.id AND d.status = 'done'
              AND d.completed_at > now() - interval '14 days'
            ORDER BY d.completed_at DESC LIMIT 20
          ) AS latest), '') AS done,
        row_number() OVER (
          PARTITION BY p.organisation_id
          ORDER BY count(*) FILTER (WHERE t.updated_at > now() - interval '14 days') DESC, p.id)::int AS place
      FROM projects p
      JOIN tasks t ON t.organisation_id = p.organisation_id AND t.project_id = p.id AND t.status <> 'cancelled'
      WHERE p.archived_at IS NULL AND (p.organisation_id = access.current_organisation() OR (SELECT analytics.only_reads()))
      GROUP BY p.organisation_id, p.id, p.name
      HAVING max(t.updated_at) > now() - interval '14 days';
  `);
  migration.sql(`
    -- The questions that cross organisations are functions with their owner's rights, as in the schema access.

    -- Organisations whose forecast is to be made again: never tried, or tried longer than "age"
    -- ago (an hour, where that failed), and with tasks; the longest waiting first.
    CREATE FUNCTION analytics.due_forecasts(age interval, at_most int) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
      SELECT o.id
      FROM access.organisations o
      LEFT JOIN public.forecast_models m ON m.organisation_id = o.id AND m.kind = 'completed'
      WHERE o.deleted_at IS NULL AND (m.attempted_at IS NULL OR m.attempted_at < now() - CASE WHEN m.unavailable_since IS NULL THEN age ELSE least(age, '1 hour') END)
        AND EXISTS (SELECT FROM public.tasks t WHERE t.organisation_id = o.id)
      ORDER BY m.attempted_at NULLS FIRST
      LIMIT at_most
    $$;

    -- Which of "candidates" are organisations still.
    CREATE FUNCTION analytics.living_organisations(candidates uuid[]) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
      SELECT o.id FROM access.organisations o WHERE o.id = ANY (candidates) AND o.deleted_at IS NULL
    $$;

    -- For metrics: seconds since the oldest forecast was made, and by how much forecasts err, as a share of the naive ones' error.
    CREATE FUNCTION analytics.forecast_health() RETURNS TABLE (kind text, age_seconds double precision, error_ratio double precision)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
      SELECT m.kind, extract(epoch FROM now() - min(m.trained_at))::double precision, sum(m.mae) / nullif(sum(m.naive_mae), 0)
      FROM public.forecast_models m
      JOIN access.organisations o ON o.id = m.organisation_id AND o.deleted_at IS NULL
      WHERE m.state = 'ready'
      GROUP BY m.kind
    $$;
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql("DROP SCHEMA analytics CASCADE");
}
