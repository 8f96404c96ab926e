import type { Query } from "@purlin/kit/pool";

/** An application that is signed in by itself: it can renew its tokens without a browser's session. */
export interface Application {
  grantId: string;
  clientId: string;
  signedInAt: Date;
  lastSeenAt: Date;
  address: string | undefined;
  userAgent: string | undefined;
}

interface Row {
  grant_id: string;
  client_id: string;
  signed_in_at: Date;
  last_seen_at: Date;
  address: string | null;
  user_agent: string | null;
}

/** A grant is one as long as it has a refresh token that is good and was not exchanged yet. */
const select = `
  SELECT DISTINCT ON (g.grant_id) g.grant_id, g.client_id, g.created_at AS signed_in_at,
    t.created_at AS last_seen_at, host(t.address) AS address, t.user_agent
  FROM oidc_objects g
  JOIN oidc_objects t ON t.model = 'RefreshToken' AND t.grant_id = g.grant_id AND t.consumed_at IS NULL AND t.expires_at > now()
  WHERE g.model = 'Grant' AND g.account_id = $1 AND g.expires_at > now() AND NOT g.grant_id = ANY ($2)
  ORDER BY g.grant_id, t.created_at DESC`;

/** Applications of an account. `bound`: grants that belong to a browser's session. */
export async function findApplications(query: Query, accountId: string, bound: string[]): Promise<Application[]> {
  const rows = await query<Row>(select, [accountId, bound]);
  return rows.map((row) => ({
    grantId: row.grant_id,
    clientId: row.client_id,
    signedInAt: row.signed_in_at,
    lastSeenAt: row.last_seen_at,
    address: row.address ?? undefined,
    userAgent: row.user_agent ?? undefined,
  }));
}
