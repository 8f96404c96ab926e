import { audit } from "@purlin/kit/audit";
import type { Database } from "@purlin/kit/postgres";

/** Why tokens became void. */
export type RevocationReason = "signed-out" | "refresh-token-reused" | "code-replayed" | "revoked-by-client";

/**
 * A grant is what one client has of one session; its id is `sid` of the access tokens. Revoking one voids all that came of
 * it: refresh tokens and codes at once, access tokens as soon as services look again, within a second.
 */
export type RevokeGrants = (accountId: string, grantIds: readonly string[], reason: RevocationReason) => Promise<void>;

export function createGrantRevocation(auth: Database, app: Database): RevokeGrants {
  return async (accountId, grantIds, reason) => {
    if (grantIds.length === 0) return;
    await app.write(async (query) => {
      await query(
        `INSERT INTO access.revoked_sessions (session_id, subject_id)
         SELECT grants.id, subjects.id FROM unnest($1::text[]) AS grants (id), access.subjects WHERE subjects.id = $2
         ON CONFLICT DO NOTHING`,
        [grantIds, accountId],
      );
      for (const targetId of grantIds) {
        await audit(query, {
          actorId: accountId,
          action: "session.revoked",
          targetType: "grant",
          targetId,
          details: { reason },
        });
      }
    });
    await auth.readPrimary("DELETE FROM oidc_objects WHERE grant_id = ANY ($1)", [grantIds]);
  };
}
