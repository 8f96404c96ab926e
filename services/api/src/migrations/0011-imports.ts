import type { MigrationBuilder } from "@purlin/kit/migrations";

/** Imports of tasks from CSV: how far each has come, so that one that was cut off goes on where it stopped. */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE TABLE imports (
      organisation_id uuid NOT NULL,
      id uuid NOT NULL, -- chosen by the client: sending the file again goes on with the same import
      project_id uuid NOT NULL,
      state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'interrupted', 'finished')),
      row_count int NOT NULL DEFAULT 0, -- rows done, good or bad
      created_count int NOT NULL DEFAULT 0,
      error_count int NOT NULL DEFAULT 0,
      errors jsonb NOT NULL DEFAULT '[]', -- the first of them
      failure text, -- what interrupted it
      digest text NOT NULL DEFAULT '', -- over the rows done: it goes on with the same file only
      requested_by uuid NOT NULL REFERENCES access.subjects,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organisation_id, id),
      FOREIGN KEY (organisation_id, project_id) REFERENCES projects ON DELETE CASCADE
    );
    CREATE INDEX imports_project ON imports (organisation_id, project_id, id);
    ALTER TABLE imports ENABLE ROW LEVEL SECURITY;
    CREATE POLICY organisation ON imports USING (organisation_id = access.current_organisation());
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql("DROP TABLE imports");
}
