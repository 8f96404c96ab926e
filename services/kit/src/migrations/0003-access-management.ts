import type { MigrationBuilder } from "../migrations.ts";

/*
 * Further questions about rights that cross organisations, and what managing them needs. As in the first migration, a function
 * with its owner's rights answers one question and no other.
 */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE INDEX invitations_open ON access.invitations (organisation_id, lower(email))
      WHERE accepted_at IS NULL AND revoked_at IS NULL;

    -- The organisations a subject is in, and as what.
    CREATE FUNCTION access.organisations_of(subject uuid)
      RETURNS TABLE (id uuid, slug text, name text, version int, created_at timestamptz, updated_at timestamptz, role text)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
        SELECT o.id, o.slug, o.name, o.version, o.created_at, o.updated_at, m.role
        FROM access.members m JOIN access.organisations o ON o.id = m.organisation_id AND o.deleted_at IS NULL
        WHERE m.subject_id = subject
        ORDER BY o.name, o.id
      $$;

    -- Where the invitation with this token is; null when there is none.
    CREATE FUNCTION access.organisation_of_invitation(hash bytea)
      RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
        SELECT i.organisation_id FROM access.invitations i WHERE i.token_hash = hash
      $$;
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql(`
    DROP FUNCTION access.organisation_of_invitation(bytea);
    DROP FUNCTION access.organisations_of(uuid);
    DROP INDEX access.invitations_open;
  `);
}
