import type { MigrationBuilder } from "@purlin/kit/migrations";

/*
 * Files of tasks. A client stores one at the key `uploads/<organisation>/<attachment>`, which it has a presigned address
 * for; each check takes it over to a key of its own, `object_key`. Every key there ever was is in a row of `attachments`,
 * or, once the row is done with it, in `removed_objects`, until nobody can store anything there any more: so no object
 * is left behind, whoever deleted the row (its task, a project) and whatever was killed in between.
 */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE TABLE attachments (
      organisation_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      task_id uuid NOT NULL,
      object_key text UNIQUE, -- of the latest check; absent before the first
      name text NOT NULL,
      content_type text NOT NULL,
      size bigint NOT NULL CHECK (size >= 0),
      sha256 text,
      state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'checked', 'rejected')),
      reason text CHECK (reason IN ('size', 'type')), -- for 'rejected'
      upload_expires_at timestamptz NOT NULL,
      uploaded_by uuid NOT NULL REFERENCES access.subjects,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organisation_id, id),
      FOREIGN KEY (organisation_id, task_id) REFERENCES tasks ON DELETE CASCADE,
      CHECK (state <> 'checked' OR (sha256 IS NOT NULL AND object_key IS NOT NULL))
    );
    CREATE INDEX attachments_task ON attachments (organisation_id, task_id, id);
    CREATE INDEX attachments_pending ON attachments (upload_expires_at) WHERE state = 'pending';

    CREATE TABLE removed_objects (
      organisation_id uuid NOT NULL,
      object_key text NOT NULL,
      remove_after timestamptz NOT NULL,
      PRIMARY KEY (organisation_id, object_key)
    );
    CREATE INDEX removed_objects_due ON removed_objects (remove_after);

    -- What an attachment leaves behind: the upload when it is decided, what was taken over when that is no longer shown.
    -- A check that is overtaken may still be writing: its object is removed when that has long come to an end.
    CREATE FUNCTION forget_attachment_objects() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF old.state = 'pending' AND (TG_OP = 'DELETE' OR new.state <> 'pending') THEN
        INSERT INTO removed_objects VALUES (
          old.organisation_id, 'uploads/' || old.organisation_id || '/' || old.id,
          greatest(now(), old.upload_expires_at) + interval '5 minutes') ON CONFLICT DO NOTHING;
      END IF;
      IF old.object_key IS NOT NULL
        AND (TG_OP = 'DELETE' OR new.object_key IS DISTINCT FROM old.object_key OR (new.state = 'rejected' AND old.state <> 'rejected')) THEN
        INSERT INTO removed_objects VALUES (old.organisation_id, old.object_key, now() + interval '10 minutes') ON CONFLICT DO NOTHING;
      END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER forget_objects AFTER UPDATE OR DELETE ON attachments
      FOR EACH ROW EXECUTE FUNCTION forget_attachment_objects();

    -- Two questions the clean-up asks of all organisations at once.
    CREATE FUNCTION due_objects(most int) RETURNS TABLE (organisation_id uuid, object_key text)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
      SELECT o.organisation_id, o.object_key FROM public.removed_objects o
      WHERE o.remove_after < now() ORDER BY o.remove_after LIMIT most
    $$;
    CREATE FUNCTION abandoned_uploads(most int) RETURNS TABLE (organisation_id uuid, uploaded_by uuid, task_id uuid, id uuid)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
      SELECT a.organisation_id, a.uploaded_by, a.task_id, a.id FROM public.attachments a
      WHERE a.state = 'pending' AND a.upload_expires_at < now() - interval '1 minute' ORDER BY a.upload_expires_at LIMIT most
    $$;
  `);
  for (const table of ["attachments", "removed_objects"]) {
    migration.sql(`
      ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
      CREATE POLICY organisation ON ${table} USING (organisation_id = access.current_organisation());
    `);
  }
}

export function down(migration: MigrationBuilder): void {
  migration.sql(`
    DROP FUNCTION abandoned_uploads, due_objects;
    DROP TABLE removed_objects, attachments;
    DROP FUNCTION forget_attachment_objects`);
}
