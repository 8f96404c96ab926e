import type { MigrationBuilder } from "@purlin/kit/migrations";

/** uuidv7 keys sort by the time they were made: lists page by id alone. */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE TABLE records (
      id uuid PRIMARY KEY DEFAULT uuidv7(),
      title text NOT NULL,
      body text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE attachments (
      id uuid PRIMARY KEY DEFAULT uuidv7(),
      record_id uuid NOT NULL REFERENCES records ON DELETE CASCADE,
      object_key text NOT NULL UNIQUE,
      name text NOT NULL,
      content_type text NOT NULL,
      size bigint NOT NULL,
      sha256 text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX attachments_record_id ON attachments (record_id, id);
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql("DROP TABLE attachments, records");
}
