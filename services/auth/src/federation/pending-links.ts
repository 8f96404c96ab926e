import { audit } from "@purlin/kit/audit";
import type { Database } from "@purlin/kit/postgres";
import type { PendingInteraction } from "../oidc/interactions.ts";
import { link } from "./identities.ts";
import type { ExternalProfile } from "./profiles.ts";

/**
 * External identities that wait. An account that is here already is never taken over by somebody who has its address
 * elsewhere: its owner signs in first, by its own means, and in the same interaction the identity is linked.
 */
export interface PendingLinks {
  begin: (
    interactionUid: string,
    provider: string,
    accountId: string,
    profile: ExternalProfile & { email: string },
  ) => Promise<void>;
  find: (interactionUid: string) => Promise<PendingInteraction["pendingLink"]>;
  /** Somebody has signed in: the identity becomes theirs if the account is the one it waits for, and is forgotten if not. */
  complete: (interactionUid: string, accountId: string) => Promise<void>;
}

interface Row {
  provider: string;
  issuer: string;
  external_id: string;
  account_id: string;
  email: string;
}

export function createPendingLinks(auth: Database, app: Database): PendingLinks {
  return {
    begin: async (interactionUid, provider, accountId, { issuer, externalId, email }) => {
      await auth.write((query) =>
        query(
          `INSERT INTO pending_links (interaction_uid, provider, issuer, external_id, account_id, email, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, now() + interval '1 hour')
           ON CONFLICT (interaction_uid) DO UPDATE SET provider = excluded.provider, issuer = excluded.issuer,
             external_id = excluded.external_id, account_id = excluded.account_id, email = excluded.email, expires_at = excluded.expires_at`,
          [interactionUid, provider, issuer, externalId, accountId, email],
        ),
      );
    },
    find: async (interactionUid) => {
      const [row] = await auth.readPrimary<Row>(
        "SELECT provider, email FROM pending_links WHERE interaction_uid = $1 AND expires_at > now()",
        [interactionUid],
      );
      return row && { provider: row.provider, email: row.email };
    },
    complete: async (interactionUid, accountId) => {
      const { value: linked } = await auth.write(async (query) => {
        const [row] = await query<Row>(
          "DELETE FROM pending_links WHERE interaction_uid = $1 AND expires_at > now() RETURNING issuer, external_id, account_id, email",
          [interactionUid],
        );
        if (row?.account_id !== accountId) return undefined;
        await link(query, accountId, { issuer: row.issuer, externalId: row.external_id, email: row.email });
        return row;
      });
      if (linked) await auditLink(app, accountId, linked.issuer);
    },
  };
}

/** An external identity is a way in: that there is one more is remembered. */
export async function auditLink(app: Database, accountId: string, issuer: string): Promise<void> {
  await app.write((query) =>
    audit(query, {
      actorId: accountId,
      action: "identity.linked",
      targetType: "user",
      targetId: accountId,
      details: { issuer },
    }),
  );
}
