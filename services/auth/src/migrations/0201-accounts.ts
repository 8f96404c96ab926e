import type { MigrationBuilder } from "@purlin/kit/migrations";

/*
 * People and what proves that they are who they say. Only the auth service has a login here. Tokens are kept as their
 * sha256, codes likewise, what must be read back (TOTP secrets, mails) is sealed: a copy of this database signs nobody in.
 */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE TABLE users (
      id uuid PRIMARY KEY DEFAULT uuidv7(), -- the same as access.subjects.id
      email text, -- confirmed by its owner; absent where an external provider vouches for none
      email_key text UNIQUE, -- normalised, for comparison
      display_name text NOT NULL,
      version int NOT NULL DEFAULT 1, -- of what others may see of the user
      subject_version int NOT NULL DEFAULT 0, -- the version that access.subjects, in the other database, is known to have
      created_at timestamptz NOT NULL DEFAULT now(),
      deleted_at timestamptz -- the row stays until access.subjects has heard of it
    );
    CREATE INDEX users_untold ON users (id) WHERE subject_version <> version;

    CREATE TABLE passwords (
      user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
      hash text NOT NULL, -- argon2id, PHC format
      changed_at timestamptz NOT NULL DEFAULT now()
    );

    CREATE TABLE registrations ( -- people who have not yet shown that the address is theirs
      token_hash bytea PRIMARY KEY,
      user_id uuid NOT NULL DEFAULT uuidv7(), -- the same however often the confirmation is tried
      email text NOT NULL,
      email_key text NOT NULL,
      display_name text NOT NULL,
      password_hash text NOT NULL,
      interaction_uid text NOT NULL, -- the sign-in they were on the way to
      expires_at timestamptz NOT NULL
    );

    CREATE TABLE password_resets (
      token_hash bytea PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
      expires_at timestamptz NOT NULL
    );
    CREATE INDEX password_resets_user ON password_resets (user_id);

    CREATE TABLE reset_requests ( -- looked into after the answer is out, so that its time does not tell who has an account
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      email_key text NOT NULL
    );

    CREATE TABLE email_changes ( -- done once both ends have agreed
      user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
      email text NOT NULL,
      email_key text NOT NULL,
      old_token_hash bytea NOT NULL UNIQUE,
      new_token_hash bytea NOT NULL UNIQUE,
      old_agreed_at timestamptz,
      new_agreed_at timestamptz,
      expires_at timestamptz NOT NULL
    );

    CREATE TABLE passkeys (
      id text PRIMARY KEY, -- credential id, base64url
      user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
      name text NOT NULL,
      public_key bytea NOT NULL, -- COSE
      counter bigint NOT NULL,
      transports text[] NOT NULL,
      backed_up boolean NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      last_used_at timestamptz
    );
    CREATE INDEX passkeys_user ON passkeys (user_id);

    CREATE TABLE challenges ( -- of WebAuthn; each answers once
      challenge text PRIMARY KEY,
      bound_to text NOT NULL, -- what the answer is for: one interaction, or one session
      expires_at timestamptz NOT NULL
    );

    CREATE TABLE totp (
      user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
      secret text NOT NULL, -- sealed
      confirmed_at timestamptz, -- absent until a first code was right: not in force before
      last_step bigint NOT NULL DEFAULT 0 -- a code is good once (RFC 6238, 5.2)
    );

    CREATE TABLE recovery_codes (
      user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
      code_hash bytea NOT NULL, -- sha256 of 120 random bits
      PRIMARY KEY (user_id, code_hash)
    );

    CREATE TABLE sign_in_steps ( -- how far somebody has come in an interaction
      interaction_uid text PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
      remember boolean NOT NULL, -- whether they want to stay signed in
      complete boolean NOT NULL, -- nothing is missing; false: the password was right, the second step is to come
      expires_at timestamptz NOT NULL
    );

    CREATE TABLE sign_in_attempts (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      user_id uuid REFERENCES users ON DELETE CASCADE, -- absent where nobody is known by what was typed, which is not kept: it may be a password
      method text NOT NULL,
      result text NOT NULL,
      address inet,
      user_agent text,
      at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX sign_in_attempts_user ON sign_in_attempts (user_id, id);
    CREATE INDEX sign_in_attempts_age ON sign_in_attempts (at);

    CREATE TABLE mails ( -- written with the change they are about, gone once sent
      id uuid PRIMARY KEY DEFAULT uuidv7(),
      recipient text NOT NULL,
      content text NOT NULL, -- sealed: it carries tokens
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz NOT NULL, -- of what it carries
      attempts int NOT NULL DEFAULT 0,
      next_attempt_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX mails_due ON mails (next_attempt_at);
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql(
    "DROP TABLE mails, sign_in_attempts, sign_in_steps, recovery_codes, totp, challenges, passkeys, email_changes, reset_requests, password_resets, registrations, passwords, users",
  );
}
