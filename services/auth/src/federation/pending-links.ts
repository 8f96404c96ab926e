import type { Database } from "@purlin/kit/postgres";
import type { PendingInteraction } from "../oidc/interactions.ts";
import type { IdentityKey } from "./identities.ts";
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

/** Links what has waited; `label` is the provider's name for people. */
export type LinkIdentity = (
  accountId: string,
  identity: IdentityKey & { label: string; email: string },
) => Promise<unknown>;

export function createPendingLinks(auth: Database, linkIdentity: LinkIdentity): PendingLinks {
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
      const [row] = await auth.readPrimary<Row>(
        `DELETE FROM pending_links WHERE interaction_uid = $1 AND expires_at > now()
         RETURNING provider, issuer, external_id, account_id, email`,
        [interactionUid],
      );
      if (row?.account_id !== accountId) return;
      const { provider: label, issuer, external_id: externalId, email } = row;
      await linkIdentity(accountId, { label, issuer, externalId, email });
    },
  };
}
