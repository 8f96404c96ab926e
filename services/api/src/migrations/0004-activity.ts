import type { MigrationBuilder } from "@purlin/kit/migrations";

/** What people see of who did what. It outlives a task, and goes with its project. */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE TABLE activity (
      organisation_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      project_id uuid NOT NULL,
      task_id uuid,
      actor_id uuid REFERENCES access.subjects,
      type text NOT NULL,
      changes jsonb NOT NULL DEFAULT '{}', -- by field: { from, to }
      occurred_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organisation_id, id),
      FOREIGN KEY (organisation_id, project_id) REFERENCES projects ON DELETE CASCADE
    );
    CREATE INDEX activity_project ON activity (organisation_id, project_id, id);
    CREATE INDEX activity_task ON activity (organisation_id, task_id, id) WHERE task_id IS NOT NULL;
    ALTER TABLE activity ENABLE ROW LEVEL SECURITY;
    CREATE POLICY organisation ON activity FOR ALL
      USING (organisation_id = access.current_organisation()) WITH CHECK (organisation_id = access.current_organisation());
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql("DROP TABLE activity");
}
