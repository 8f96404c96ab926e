import type { MigrationBuilder } from "@purlin/kit/migrations";

export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE TABLE comments (
      organisation_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      task_id uuid NOT NULL,
      author_id uuid NOT NULL REFERENCES access.subjects,
      body text NOT NULL, -- sanitised HTML
      version int NOT NULL DEFAULT 1,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organisation_id, id),
      FOREIGN KEY (organisation_id, task_id) REFERENCES tasks ON DELETE CASCADE
    );
    CREATE INDEX comments_task ON comments (organisation_id, task_id, id);
    ALTER TABLE comments ENABLE ROW LEVEL SECURITY;
    CREATE POLICY organisation ON comments FOR ALL
      USING (organisation_id = access.current_organisation()) WITH CHECK (organisation_id = access.current_organisation());
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql("DROP TABLE comments");
}
