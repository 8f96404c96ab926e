import type { Database } from "@purlin/kit/postgres";

/** Rows removed at once: a long transaction would hold up others. */
const batch = 1_000;

/**
 * Removes what has expired; true when there is more. A refresh token that was used stays until it would have expired
 * itself: so long it is known when it comes again.
 */
export async function removeExpiredObjects(auth: Database, app: Database): Promise<boolean> {
  const { value: removed } = await auth.write(async (query) => {
    await query("DELETE FROM ended_sessions WHERE ended_at < now() - interval '1 day'");
    await query("DELETE FROM federation_flows WHERE expires_at < now()");
    await query("DELETE FROM pending_links WHERE expires_at < now()");
    return query(
      `DELETE FROM oidc_objects WHERE (model, id) IN (
         SELECT model, id FROM oidc_objects WHERE expires_at < now() LIMIT ${batch} FOR UPDATE SKIP LOCKED)
       RETURNING true AS gone`,
    );
  });
  // every token of theirs has expired long ago
  await app.write((query) => query("DELETE FROM access.revoked_sessions WHERE revoked_at < now() - interval '1 day'"));
  return removed.length === batch;
}
