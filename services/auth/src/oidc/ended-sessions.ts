import type { Query } from "@purlin/kit/pool";

/*
 * A session that was ended stays ended, whatever requests were under way: storing something of a session and ending
 * it exclude each other, and after the end nothing is stored.
 */

async function exclude(query: Query, uid: string): Promise<void> {
  await query("SELECT pg_advisory_xact_lock(hashtextextended($1, 8443))", [uid]);
}

/** Runs `store` in the transaction of `query` unless the session has ended; resolves whether it ran. */
export async function unlessEnded(query: Query, uid: string, store: () => Promise<unknown>): Promise<boolean> {
  await exclude(query, uid);
  const ended = await query("SELECT FROM ended_sessions WHERE uid = $1", [uid]);
  if (ended.length > 0) return false;
  await store();
  return true;
}

/** Ends a session: it is gone, and what it has not exchanged for tokens yet with it. */
export async function markEnded(query: Query, uid: string): Promise<void> {
  await exclude(query, uid);
  await query("INSERT INTO ended_sessions (uid) VALUES ($1) ON CONFLICT DO NOTHING", [uid]);
  await query(
    `DELETE FROM oidc_objects WHERE (model = 'Session' AND uid = $1) OR (model = 'AuthorizationCode' AND session_uid = $1)`,
    [uid],
  );
}
