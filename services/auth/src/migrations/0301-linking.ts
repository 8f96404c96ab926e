import type { MigrationBuilder } from "@purlin/kit/migrations";

/** Browsers go to an external provider from the account's page, too, to link an identity: that is part of a session. */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    ALTER TABLE federation_flows
      ALTER COLUMN interaction_uid DROP NOT NULL,
      ADD COLUMN session_id text,
      ADD CHECK (num_nonnulls(interaction_uid, session_id) = 1);
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql(`
    DELETE FROM federation_flows WHERE interaction_uid IS NULL;
    ALTER TABLE federation_flows DROP COLUMN session_id, ALTER COLUMN interaction_uid SET NOT NULL;
  `);
}
