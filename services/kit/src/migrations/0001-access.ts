import type { MigrationBuilder } from "../migrations.ts";

/*
 * Who may do what in which organisation. Written by the auth service, read by every service at each request.
 *
 * Every table with an organisation_id is kept apart by row-level security: a session sees the rows of the organisation
 * in `purlin.organisation_id` and no other, and none where it is not set. The two questions that cross organisations
 * ("what may this subject do", "whose key is this") are functions that run with their owner's rights.
 */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE SCHEMA access;

    CREATE FUNCTION access.current_organisation() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
      RETURN nullif(current_setting('purlin.organisation_id', true), '')::uuid;

    CREATE TABLE access.subjects (
      id uuid PRIMARY KEY DEFAULT uuidv7(),
      kind text NOT NULL CHECK (kind IN ('user', 'service')),
      display_name text NOT NULL,
      email text, -- verified; absent for a service account
      disabled_at timestamptz,
      tokens_valid_from timestamptz NOT NULL DEFAULT '-infinity', -- moved by "sign out everywhere"
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE UNIQUE INDEX subjects_email ON access.subjects (lower(email));

    CREATE TABLE access.external_subjects ( -- people known by another issuer's tokens
      issuer text NOT NULL,
      external_id text NOT NULL,
      subject_id uuid NOT NULL REFERENCES access.subjects ON DELETE CASCADE,
      PRIMARY KEY (issuer, external_id)
    );

    CREATE TABLE access.revoked_sessions ( -- kept until every token of the session has expired
      session_id text PRIMARY KEY,
      subject_id uuid NOT NULL REFERENCES access.subjects ON DELETE CASCADE,
      revoked_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX revoked_sessions_subject ON access.revoked_sessions (subject_id);

    CREATE TABLE access.organisations (
      id uuid PRIMARY KEY DEFAULT uuidv7(),
      slug text NOT NULL UNIQUE,
      name text NOT NULL,
      version int NOT NULL DEFAULT 1,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      deleted_at timestamptz
    );

    CREATE TABLE access.roles ( -- an organisation's own; the built-in ones are in the kit's permissions.ts
      organisation_id uuid NOT NULL REFERENCES access.organisations ON DELETE CASCADE,
      key text NOT NULL,
      name text NOT NULL,
      permissions text[] NOT NULL,
      version int NOT NULL DEFAULT 1,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organisation_id, key)
    );

    CREATE TABLE access.members (
      organisation_id uuid NOT NULL REFERENCES access.organisations ON DELETE CASCADE,
      subject_id uuid NOT NULL REFERENCES access.subjects ON DELETE CASCADE,
      role text NOT NULL, -- key of a built-in role or of access.roles
      version int NOT NULL DEFAULT 1,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organisation_id, subject_id)
    );
    CREATE INDEX members_subject ON access.members (subject_id);

    CREATE TABLE access.invitations (
      organisation_id uuid NOT NULL REFERENCES access.organisations ON DELETE CASCADE,
      id uuid NOT NULL DEFAULT uuidv7(),
      email text NOT NULL,
      role text NOT NULL,
      token_hash bytea NOT NULL UNIQUE, -- sha256
      invited_by uuid NOT NULL REFERENCES access.subjects,
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz NOT NULL,
      accepted_at timestamptz,
      revoked_at timestamptz,
      PRIMARY KEY (organisation_id, id)
    );

    CREATE TABLE access.service_accounts (
      organisation_id uuid NOT NULL REFERENCES access.organisations ON DELETE CASCADE,
      subject_id uuid NOT NULL UNIQUE REFERENCES access.subjects ON DELETE CASCADE,
      created_by uuid NOT NULL REFERENCES access.subjects,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organisation_id, subject_id)
    );

    CREATE TABLE access.api_keys (
      organisation_id uuid NOT NULL REFERENCES access.organisations ON DELETE CASCADE,
      id uuid NOT NULL DEFAULT uuidv7(),
      subject_id uuid NOT NULL REFERENCES access.subjects ON DELETE CASCADE,
      name text NOT NULL,
      hint text NOT NULL, -- the key's first characters, for people to tell keys apart
      hash bytea NOT NULL UNIQUE, -- sha256 of a key of 256 random bits
      permissions text[] NOT NULL, -- at most these, and of these only what the subject has
      created_by uuid NOT NULL REFERENCES access.subjects,
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz NOT NULL,
      last_used_at timestamptz,
      revoked_at timestamptz,
      PRIMARY KEY (organisation_id, id)
    );

    -- What a subject may do, in one row: { kind, disabled, tokensValidFrom (seconds), revokedSessions, organisations: [{ id, role, permissions }] };
    -- permissions is null for a built-in role. Null for a subject that is not there.
    CREATE FUNCTION access.grants_of(subject uuid) RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
      SELECT jsonb_build_object(
        'kind', s.kind,
        'disabled', s.disabled_at IS NOT NULL,
        'tokensValidFrom', CASE WHEN isfinite(s.tokens_valid_from) THEN extract(epoch FROM s.tokens_valid_from) ELSE 0 END,
        'revokedSessions', (
          SELECT coalesce(jsonb_agg(r.session_id), '[]') FROM access.revoked_sessions r WHERE r.subject_id = s.id),
        'organisations', (
          SELECT coalesce(jsonb_agg(jsonb_build_object('id', m.organisation_id, 'role', m.role, 'permissions', r.permissions)), '[]')
          FROM access.members m
          JOIN access.organisations o ON o.id = m.organisation_id AND o.deleted_at IS NULL
          LEFT JOIN access.roles r ON r.organisation_id = m.organisation_id AND r.key = m.role
          WHERE m.subject_id = s.id))
      FROM access.subjects s WHERE s.id = subject
    $$;

    -- The living API key with this hash: { id, subjectId, organisationId, permissions, expiresAt (seconds) }. Null for one that is unknown, revoked or expired.
    CREATE FUNCTION access.api_key(key_hash bytea) RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
      SELECT jsonb_build_object(
        'id', k.id, 'subjectId', k.subject_id, 'organisationId', k.organisation_id, 'permissions', k.permissions,
        'expiresAt', extract(epoch FROM k.expires_at))
      FROM access.api_keys k
      WHERE k.hash = key_hash AND k.revoked_at IS NULL AND k.expires_at > now()
    $$;
  `);
  for (const table of ["roles", "members", "invitations", "service_accounts", "api_keys"]) {
    migration.sql(`
      ALTER TABLE access.${table} ENABLE ROW LEVEL SECURITY;
      CREATE POLICY organisation ON access.${table} USING (organisation_id = access.current_organisation());
    `);
  }
  migration.sql(`
    ALTER TABLE access.organisations ENABLE ROW LEVEL SECURITY;
    CREATE POLICY organisation ON access.organisations USING (id = access.current_organisation());
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql("DROP SCHEMA access CASCADE");
}
