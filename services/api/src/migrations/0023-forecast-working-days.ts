import type { MigrationBuilder } from "@purlin/kit/migrations";

/** How long the week is that a forecast is of. */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    ALTER TABLE forecasts ADD COLUMN working_days int -- null: which days are public holidays is not known
      CHECK (working_days BETWEEN 0 AND 5)
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql("ALTER TABLE forecasts DROP COLUMN working_days");
}
