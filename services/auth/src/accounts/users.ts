import type { Query } from "@purlin/kit/pool";

/** A person with an account. */
export interface User {
  id: string;
  email: string | undefined;
  displayName: string;
}

interface Row {
  id: string;
  email: string | null;
  display_name: string;
}

const columns = "u.id, u.email, u.display_name";

/** Undefined for one that is deleted. */
export async function findUser(query: Query, id: string): Promise<User | undefined> {
  const [row] = await query<Row>(`SELECT ${columns} FROM users u WHERE u.id = $1 AND u.deleted_at IS NULL`, [id]);
  return row && toUser(row);
}

/** `key`: see emailKey. */
export async function findUserByEmail(query: Query, key: string): Promise<User | undefined> {
  const [row] = await query<Row>(`SELECT ${columns} FROM users u WHERE u.email_key = $1`, [key]);
  return row && toUser(row);
}

/** A user with what signing in by password needs. */
export interface Credentials extends User {
  passwordHash: string | undefined;
  /** Whether a second step follows the password. */
  hasTotp: boolean;
}

const withCredentials = `
  SELECT ${columns}, p.hash, (t.confirmed_at IS NOT NULL) AS has_totp
  FROM users u LEFT JOIN passwords p ON p.user_id = u.id LEFT JOIN totp t ON t.user_id = u.id`;

interface CredentialsRow extends Row {
  hash: string | null;
  has_totp: boolean;
}

/** `key`: see emailKey. One query whether there is such a user or not. */
export async function findCredentials(query: Query, key: string): Promise<Credentials | undefined> {
  const [row] = await query<CredentialsRow>(`${withCredentials} WHERE u.email_key = $1`, [key]);
  return row && toCredentials(row);
}

/** The same by the user's id. */
export async function findCredentialsOf(query: Query, id: string): Promise<Credentials | undefined> {
  const [row] = await query<CredentialsRow>(`${withCredentials} WHERE u.id = $1 AND u.deleted_at IS NULL`, [id]);
  return row && toCredentials(row);
}

/** Makes the user, or gives undefined when another has the address. Doing it again with the same id changes nothing. */
export async function createUser(
  query: Query,
  user: { id?: string | undefined; email: string | undefined; emailKey: string | undefined; displayName: string },
): Promise<User | undefined> {
  const [row] = await query<Row>(
    `INSERT INTO users AS u (id, email, email_key, display_name) VALUES (coalesce($1, uuidv7()), $2, $3, $4)
     ON CONFLICT DO NOTHING RETURNING ${columns}`,
    [user.id ?? null, user.email ?? null, user.emailKey ?? null, user.displayName],
  );
  return row && toUser(row);
}

/** Sets or replaces the password's hash. */
export async function savePassword(query: Query, userId: string, hash: string): Promise<void> {
  await query(
    `INSERT INTO passwords (user_id, hash) VALUES ($1, $2)
     ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = now()`,
    [userId, hash],
  );
}

function toUser(row: Row): User {
  return { id: row.id, email: row.email ?? undefined, displayName: row.display_name };
}

function toCredentials(row: CredentialsRow): Credentials {
  return { ...toUser(row), passwordHash: row.hash ?? undefined, hasTotp: row.has_totp };
}
