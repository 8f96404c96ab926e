import type { MigrationBuilder } from "@purlin/kit/migrations";

/** An index for each order a list may come in. Titles weigh more than descriptions when they are searched. */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE TABLE tasks (
      organisation_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      project_id uuid NOT NULL,
      number int NOT NULL,
      title text NOT NULL,
      description text NOT NULL DEFAULT '', -- sanitised HTML
      status text NOT NULL DEFAULT 'todo' CHECK (status IN ('todo', 'in_progress', 'done', 'cancelled')),
      priority int NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 3),
      assignee_id uuid REFERENCES access.subjects,
      due_on date,
      estimate numeric(6, 2) CHECK (estimate >= 0),
      completed_at timestamptz CHECK ((completed_at IS NOT NULL) = (status = 'done')),
      search tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('english', title), 'A')
        || setweight(to_tsvector('english', regexp_replace(description, '<[^>]*>', ' ', 'g')), 'B')) STORED,
      version int NOT NULL DEFAULT 1,
      created_by uuid NOT NULL REFERENCES access.subjects,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organisation_id, id),
      UNIQUE (organisation_id, project_id, number),
      FOREIGN KEY (organisation_id, project_id) REFERENCES projects ON DELETE CASCADE
    );
    CREATE INDEX tasks_project ON tasks (organisation_id, project_id, id);
    CREATE INDEX tasks_updated ON tasks (organisation_id, updated_at, id);
    CREATE INDEX tasks_due ON tasks (organisation_id, due_on, id) WHERE due_on IS NOT NULL;
    CREATE INDEX tasks_priority ON tasks (organisation_id, priority, id);
    CREATE INDEX tasks_assignee ON tasks (organisation_id, assignee_id, id) WHERE assignee_id IS NOT NULL;
    CREATE INDEX tasks_search ON tasks USING gin (search);
    ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
    CREATE POLICY organisation ON tasks FOR ALL
      USING (organisation_id = access.current_organisation()) WITH CHECK (organisation_id = access.current_organisation());
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql("DROP TABLE tasks");
}
