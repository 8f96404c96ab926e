import type { MigrationBuilder } from "@purlin/kit/migrations";

/** Webhooks an organisation has set up, and what became of each event for them (written by the worker). */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE TABLE webhooks (
      organisation_id uuid NOT NULL REFERENCES access.organisations ON DELETE CASCADE,
      id uuid NOT NULL DEFAULT uuidv7(),
      url text NOT NULL,
      secret text NOT NULL, -- sealed for 'webhook:<id>': kit/sealed-secret.ts
      previous_secret text, -- sealed likewise; signs too until previous_secret_until
      previous_secret_until timestamptz,
      events text[] NOT NULL,
      enabled boolean NOT NULL DEFAULT true,
      version int NOT NULL DEFAULT 1,
      created_by uuid NOT NULL REFERENCES access.subjects,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organisation_id, id)
    );

    CREATE TABLE webhook_deliveries (
      organisation_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      webhook_id uuid NOT NULL,
      event_id bigint NOT NULL, -- of platform.outbox
      type text NOT NULL, -- the event's
      state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
      attempts int NOT NULL DEFAULT 0,
      last_status int,
      last_error text,
      next_attempt_at timestamptz,
      delivered_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organisation_id, id),
      UNIQUE (organisation_id, webhook_id, event_id),
      FOREIGN KEY (organisation_id, webhook_id) REFERENCES webhooks ON DELETE CASCADE
    );
    CREATE INDEX webhook_deliveries_webhook ON webhook_deliveries (organisation_id, webhook_id, id);
  `);
  for (const table of ["webhooks", "webhook_deliveries"]) {
    migration.sql(`
      ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
      CREATE POLICY organisation ON ${table} USING (organisation_id = access.current_organisation());
    `);
  }
}

export function down(migration: MigrationBuilder): void {
  migration.sql("DROP TABLE webhook_deliveries, webhooks");
}
