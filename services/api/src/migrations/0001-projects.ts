import type { MigrationBuilder } from "@purlin/kit/migrations";

/*
 * Every table of the API has the organisation first in its key, and row-level security by it: a query without an
 * organisation sees nothing, and one of another sees nothing of this one. uuidv7 keys sort by the time they were made.
 */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE TABLE projects (
      organisation_id uuid NOT NULL REFERENCES access.organisations ON DELETE CASCADE,
      id uuid NOT NULL DEFAULT uuidv7(),
      key text NOT NULL, -- short, for people: WEB in WEB-12
      name text NOT NULL,
      description text NOT NULL DEFAULT '',
      last_task_number int NOT NULL DEFAULT 0,
      archived_at timestamptz,
      version int NOT NULL DEFAULT 1,
      created_by uuid NOT NULL REFERENCES access.subjects,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organisation_id, id),
      UNIQUE (organisation_id, key)
    );
    ALTER TABLE projects ENABLE ROW LEVEL SECURITY;
    CREATE POLICY organisation ON projects FOR ALL
      USING (organisation_id = access.current_organisation()) WITH CHECK (organisation_id = access.current_organisation());
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql("DROP TABLE projects");
}
