import type { Query } from "@purlin/kit/pool";
import type { Database } from "@purlin/kit/postgres";
import { z } from "zod";

/*
 * access.subjects, in the database all services share, shows what others may know of a user. Two databases do not commit
 * together: a user's row says which version of it the subject has, and whoever finds it behind brings it up to date.
 * That is done after each change, at each sign-in, and now and then for all; doing it twice changes nothing.
 */
interface Row {
  id: string;
  email: string | null;
  display_name: string;
  version: number;
  deleted: boolean;
}

export interface Databases {
  /** Secrets of identity: `auth`. */
  db: Database;
  /** Shared with all services: `app`. */
  app: Database;
}

/** Brings the subject of user `id` up to date; at once when it is. */
export async function tellSubject({ db, app }: Databases, id: string): Promise<void> {
  const isBehind = "SELECT FROM users WHERE id = $1 AND subject_version <> version";
  if ((await db.readPrimary(isBehind, [id])).length === 0) return;
  const { value: user } = await app.write(async (query) => {
    // one at a time, and reading only now: whoever comes second has nothing older to tell
    await query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [id]);
    const [row] = await db.readPrimary<Row>(
      "SELECT id, email, display_name, version, deleted_at IS NOT NULL AS deleted FROM users WHERE id = $1",
      [id],
    );
    if (row && !row.deleted) await show(query, row);
    return row;
  });
  if (user?.deleted) {
    await forget(app, id);
    await db.readPrimary("DELETE FROM users WHERE id = $1", [id]);
  } else if (user) {
    await db.readPrimary("UPDATE users SET subject_version = greatest(subject_version, $2) WHERE id = $1", [
      id,
      user.version,
    ]);
  }
}

/** The same for up to a hundred that a crash left behind; those just changed are told by whoever changed them. Gives their number. */
export async function tellSubjectsLeftBehind(databases: Databases): Promise<number> {
  const rows = await databases.db.readPrimary<{ id: string }>(
    "SELECT id FROM users WHERE subject_version <> version ORDER BY id LIMIT 100",
  );
  for (const { id } of rows) await tellSubject(databases, id);
  return rows.length;
}

/** An address belongs to the user who confirmed it last: a subject that still shows it has left it and is behind. */
async function show(query: Query, { id, email, display_name: name }: Row): Promise<void> {
  if (email !== null) {
    await query("UPDATE access.subjects SET email = NULL WHERE lower(email) = lower($1) AND id <> $2", [email, id]);
  }
  await query(
    `INSERT INTO access.subjects (id, kind, display_name, email) VALUES ($1, 'user', $2, $3)
     ON CONFLICT (id) DO UPDATE SET display_name = excluded.display_name, email = excluded.email`,
    [id, name, email],
  );
}

/** Roles of the organisations a subject is in (access.grants_of). */
const grants = z.object({ organisations: z.array(z.object({ id: z.string(), role: z.string() })) }).nullable();

/** What others wrote about a deleted user stays, without the name: the subject remains, and may do nothing. */
async function forget(app: Database, id: string): Promise<void> {
  for (const organisation of await organisationsOf(app, id)) {
    await app.write(
      (query) =>
        query("DELETE FROM access.members WHERE organisation_id = $1 AND subject_id = $2", [organisation.id, id]),
      { organisation: organisation.id },
    );
  }
  await app.write((query) =>
    query(
      "UPDATE access.subjects SET display_name = 'Deleted user', email = NULL, disabled_at = coalesce(disabled_at, now()), tokens_valid_from = now() WHERE id = $1",
      [id],
    ),
  );
}

/** The organisations somebody is in, and as what. */
export async function organisationsOf(app: Database, id: string): Promise<{ id: string; role: string }[]> {
  const [row] = await app.readPrimary<{ grants: unknown }>("SELECT access.grants_of($1) AS grants", [id]);
  return grants.parse(row?.grants ?? null)?.organisations ?? [];
}
