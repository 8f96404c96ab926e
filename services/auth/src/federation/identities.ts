import type { Query } from "@purlin/kit/pool";
import type { ExternalProfile } from "./profiles.ts";

/** What tells an identity from all others. */
export interface IdentityKey {
  issuer: string;
  externalId: string;
}

/** Who an account's owner is elsewhere. */
interface ExternalIdentity extends IdentityKey {
  email: string | undefined;
  linkedAt: Date;
  lastUsedAt: Date;
}

interface Row {
  issuer: string;
  external_id: string;
  email: string | null;
  linked_at: Date;
  last_used_at: Date;
}

/** The account an identity is linked to; that it was used is remembered. */
export async function findAccountOf(
  query: Query,
  { issuer, externalId, email }: ExternalProfile,
): Promise<string | undefined> {
  const [row] = await query<{ account_id: string }>(
    `UPDATE external_identities SET last_used_at = now(), email = coalesce($3, email)
     WHERE issuer = $1 AND external_id = $2 RETURNING account_id`,
    [issuer, externalId, email],
  );
  return row?.account_id;
}

/** Links an identity; one that is linked stays where it is: `taken` by another account, or the account's `already`. */
export async function link(
  query: Query,
  accountId: string,
  { issuer, externalId, email }: Pick<ExternalProfile, "issuer" | "externalId" | "email">,
): Promise<"linked" | "already" | "taken"> {
  const linked = await query(
    `INSERT INTO external_identities (issuer, external_id, account_id, email) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING RETURNING true AS linked`,
    [issuer, externalId, accountId, email],
  );
  if (linked.length > 0) return "linked";
  const [owner] = await query<{ account_id: string }>(
    "SELECT account_id FROM external_identities WHERE issuer = $1 AND external_id = $2",
    [issuer, externalId],
  );
  return owner?.account_id === accountId ? "already" : "taken";
}

/** By whom the account's owner is known, one entry an identity. */
export async function listIssuers(query: Query, accountId: string): Promise<string[]> {
  const rows = await query<{ issuer: string }>("SELECT issuer FROM external_identities WHERE account_id = $1", [
    accountId,
  ]);
  return rows.map(({ issuer }) => issuer);
}

export async function listIdentities(query: Query, accountId: string): Promise<ExternalIdentity[]> {
  const rows = await query<Row>(
    "SELECT issuer, external_id, email, linked_at, last_used_at FROM external_identities WHERE account_id = $1 ORDER BY linked_at",
    [accountId],
  );
  return rows.map((row) => ({
    issuer: row.issuer,
    externalId: row.external_id,
    email: row.email ?? undefined,
    linkedAt: row.linked_at,
    lastUsedAt: row.last_used_at,
  }));
}

/** False when the account has no such identity. */
export async function unlink(query: Query, accountId: string, { issuer, externalId }: IdentityKey): Promise<boolean> {
  const rows = await query(
    "DELETE FROM external_identities WHERE account_id = $1 AND issuer = $2 AND external_id = $3 RETURNING true AS gone",
    [accountId, issuer, externalId],
  );
  return rows.length > 0;
}

/** For an account that is deleted. */
export async function unlinkAll(query: Query, accountId: string): Promise<void> {
  await query("DELETE FROM external_identities WHERE account_id = $1", [accountId]);
}
