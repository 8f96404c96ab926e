import type { MigrationBuilder } from "../migrations.ts";

/*
 * What every service writes in the transaction of its own change: events for others, answers to repeated requests,
 * and the audit log.
 */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE SCHEMA platform;

    -- The transactional outbox. Identity values are handed out before commit, so that a later one may become visible
    -- first: readers go by (transaction, id) and stop before the oldest transaction that is still running, or by
    -- snapshots (kit/outbox-reader.ts), and never by id alone.
    CREATE TABLE platform.outbox (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
      organisation_id uuid NOT NULL,
      type text NOT NULL, -- task.updated
      entity_id uuid NOT NULL,
      project_id uuid,
      actor_id uuid, -- a subject; absent for what the platform does by itself
      payload jsonb NOT NULL,
      trace_parent text, -- W3C Trace Context of the request it came from
      occurred_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE INDEX outbox_order ON platform.outbox (transaction, id);
    CREATE INDEX outbox_organisation ON platform.outbox (organisation_id, transaction, id);

    -- Wakes readers; the rows are the truth. One notification a transaction, however many events.
    CREATE FUNCTION platform.notify_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_notify('outbox', '');
      RETURN NULL;
    END $$;
    CREATE TRIGGER notify AFTER INSERT ON platform.outbox FOR EACH STATEMENT EXECUTE FUNCTION platform.notify_outbox();

    -- How far each reader has come: it has handled every event of a transaction that is visible in \`seen\`.
    CREATE TABLE platform.outbox_cursors (
      reader text PRIMARY KEY,
      seen pg_snapshot NOT NULL,
      target pg_snapshot, -- being caught up with in several batches, up to \`id\`; absent in between
      id bigint NOT NULL DEFAULT 0,
      updated_at timestamptz NOT NULL DEFAULT now()
    );

    CREATE TABLE platform.idempotency_keys (
      subject_id uuid NOT NULL,
      key text NOT NULL,
      request_hash bytea NOT NULL, -- sha256 of method, path and body: a key stands for one request
      status int NOT NULL,
      headers jsonb NOT NULL,
      body json, -- to the letter: jsonb would change the order of its fields
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (subject_id, key)
    );
    CREATE INDEX idempotency_keys_age ON platform.idempotency_keys (created_at);

    CREATE TABLE platform.audit_events (
      id uuid PRIMARY KEY DEFAULT uuidv7(),
      organisation_id uuid, -- absent for what concerns an account and no organisation
      actor_id uuid, -- absent where nobody is known, as for a failed sign-in
      action text NOT NULL, -- member.role_changed
      target_type text NOT NULL,
      target_id text,
      details jsonb NOT NULL DEFAULT '{}',
      address inet,
      user_agent text,
      request_id text,
      occurred_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE INDEX audit_events_organisation ON platform.audit_events (organisation_id, id);
    CREATE INDEX audit_events_actor ON platform.audit_events (actor_id, id);

    CREATE FUNCTION platform.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END $$;
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON platform.audit_events
      FOR EACH STATEMENT EXECUTE FUNCTION platform.refuse_change();

    ALTER TABLE platform.audit_events ENABLE ROW LEVEL SECURITY;
    CREATE POLICY write ON platform.audit_events FOR INSERT WITH CHECK (true);
    CREATE POLICY organisation ON platform.audit_events FOR SELECT USING (organisation_id = access.current_organisation());
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql("DROP SCHEMA platform CASCADE");
}
