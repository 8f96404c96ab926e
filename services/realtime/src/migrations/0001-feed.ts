import type { MigrationBuilder } from "@purlin/kit/migrations";

/**
 * The one order in which all clients are told all events. Written by one instance at a time, so that positions become
 * visible in their order; gone with the event.
 */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE SCHEMA realtime;
    CREATE TABLE realtime.feed (
      position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      event_id bigint NOT NULL UNIQUE REFERENCES platform.outbox ON DELETE CASCADE,
      organisation_id uuid NOT NULL,
      project_id uuid
    );
    CREATE INDEX feed_organisation ON realtime.feed (organisation_id, position);
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql("DROP SCHEMA realtime CASCADE");
}
