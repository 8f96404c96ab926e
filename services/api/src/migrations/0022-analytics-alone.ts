import type { MigrationBuilder } from "@purlin/kit/migrations";

/*
 * MindsDB's login sees the schema analytics and no other. It can no more look `platform.outbox` up by its name, as
 * `analytics.only_reads` did each time it was asked: the table is now found once, here, by who owns the function.
 */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE OR REPLACE FUNCTION analytics.only_reads() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
      RETURN NOT has_table_privilege('platform.outbox'::regclass, 'INSERT');
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE OR REPLACE FUNCTION analytics.only_reads() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
      RETURN NOT has_table_privilege('platform.outbox', 'INSERT');
  `);
}
