import type { MigrationBuilder } from "@purlin/kit/migrations";

/*
 * State of the OAuth and OpenID Connect provider. What somebody could present is not in here: identifiers are kept as
 * their sha256, and everything else is sealed with a key the database does not have.
 */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE TABLE oidc_objects (
      model text NOT NULL, -- oidc-provider's name: Session, Grant, RefreshToken
      id bytea NOT NULL, -- sha256 of the identifier
      payload text NOT NULL, -- sealed
      account_id uuid,
      client_id text,
      grant_id text,
      uid text, -- of a session: what does not change when its cookie does
      session_uid text, -- the session it was made in
      user_code_hash bytea, -- of a device code
      consumed_at timestamptz,
      successor text, -- of a consumed refresh token: the token it was exchanged for, sealed
      successor_id bytea,
      address inet, -- of the last request
      user_agent text,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz NOT NULL,
      PRIMARY KEY (model, id)
    );
    CREATE INDEX oidc_objects_grant ON oidc_objects (grant_id) WHERE grant_id IS NOT NULL;
    CREATE INDEX oidc_objects_account ON oidc_objects (account_id) WHERE model IN ('Session', 'Grant');
    CREATE INDEX oidc_objects_uid ON oidc_objects (uid) WHERE uid IS NOT NULL;
    CREATE INDEX oidc_objects_session ON oidc_objects (session_uid) WHERE session_uid IS NOT NULL;
    CREATE INDEX oidc_objects_user_code ON oidc_objects (user_code_hash) WHERE user_code_hash IS NOT NULL;
    CREATE INDEX oidc_objects_expiry ON oidc_objects (expires_at);

    CREATE TABLE ended_sessions ( -- a request that is still under way must not bring a session back
      uid text PRIMARY KEY,
      ended_at timestamptz NOT NULL DEFAULT now()
    );

    CREATE TABLE provider_keys (
      id text PRIMARY KEY, -- kid of a signing key
      use text NOT NULL CHECK (use IN ('token', 'cookie')),
      material text NOT NULL, -- sealed: a private JWK, or a secret
      active_from timestamptz NOT NULL, -- published before, used from then on, published still for a while after the next one
      created_at timestamptz NOT NULL DEFAULT now()
    );

    CREATE TABLE external_identities ( -- who somebody is for an external provider
      issuer text NOT NULL,
      external_id text NOT NULL,
      account_id uuid NOT NULL,
      email text, -- as the provider gave it, for the account's page
      linked_at timestamptz NOT NULL DEFAULT now(),
      last_used_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (issuer, external_id)
    );
    CREATE INDEX external_identities_account ON external_identities (account_id);

    CREATE TABLE federation_flows ( -- sign-ins that are at an external provider now; each comes back once
      state_hash bytea PRIMARY KEY,
      interaction_uid text NOT NULL,
      provider text NOT NULL,
      secrets text NOT NULL, -- sealed: nonce and PKCE verifier
      expires_at timestamptz NOT NULL
    );

    CREATE TABLE pending_links ( -- external identities that wait for the account with their address to sign in
      interaction_uid text PRIMARY KEY,
      provider text NOT NULL,
      issuer text NOT NULL,
      external_id text NOT NULL,
      account_id uuid NOT NULL,
      email text NOT NULL,
      expires_at timestamptz NOT NULL
    );
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql(
    "DROP TABLE pending_links, federation_flows, external_identities, provider_keys, ended_sessions, oidc_objects",
  );
}
