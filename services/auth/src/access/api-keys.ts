import { hash, randomBytes } from "node:crypto";
import type { Permission } from "@purlin/kit/permissions";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { requireAll, type Actor } from "./actor.ts";
import { record } from "./record.ts";
import { getServiceAccount } from "./service-accounts.ts";

export interface ApiKey {
  id: string;
  /** Whom it stands for. */
  subjectId: string;
  name: string;
  /** Its first characters, to tell keys apart. */
  hint: string;
  permissions: string[];
  createdBy: string;
  createdAt: Date;
  expiresAt: Date;
  lastUsedAt: Date | null;
}

const columns = `id, subject_id AS "subjectId", name, hint, permissions, created_by AS "createdBy", created_at AS "createdAt",
  expires_at AS "expiresAt", last_used_at AS "lastUsedAt"`;

/** Up to `limit` keys that were not revoked, newest first, before the one that is `before`. */
export function listApiKeys(query: Query, organisationId: string, limit: number, before: string | undefined) {
  return query<ApiKey>(
    `SELECT ${columns} FROM access.api_keys
     WHERE organisation_id = $1 AND revoked_at IS NULL AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $2`,
    [organisationId, limit, before ?? null],
  );
}

export interface NewApiKey {
  name: string;
  permissions: Permission[];
  expiresAt: Date;
  /** A service account; by default the key stands for whoever makes it. */
  serviceAccountId?: string | undefined;
}

/**
 * Makes a key; `secret` is in this answer and nowhere else. It is `plk_` and 256 random bits, so that scanners know it
 * and a plain sha256 is enough to keep.
 * @throws Problem forbidden for permissions the actor lacks, not_found for a service account that is not there
 */
export async function createApiKey(query: Query, actor: Actor, key: NewApiKey): Promise<ApiKey & { secret: string }> {
  const { organisationId } = actor;
  requireAll(actor, key.permissions);
  const subjectId = key.serviceAccountId ?? actor.subjectId;
  if (key.serviceAccountId !== undefined) await getServiceAccount(query, organisationId, key.serviceAccountId);
  const secret = `plk_${randomBytes(32).toString("base64url")}`;
  const [made] = await query<ApiKey>(
    `INSERT INTO access.api_keys (organisation_id, subject_id, name, hint, hash, permissions, created_by, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${columns}`,
    [
      organisationId,
      subjectId,
      key.name,
      secret.slice(0, 8),
      hash("sha256", secret, "buffer"),
      key.permissions,
      actor.subjectId,
      key.expiresAt,
    ],
  );
  if (!made) throw new Error("the key was not written");
  await record(query, actor, {
    type: "api_key.created",
    entityId: made.id,
    payload: { ...made },
    details: { name: key.name, permissions: key.permissions, subjectId },
  });
  return { ...made, secret };
}

/** The key is refused everywhere within a second. @throws Problem not_found */
export async function revokeApiKey(query: Query, actor: Actor, id: string): Promise<void> {
  const [key] = await query<ApiKey>(
    `UPDATE access.api_keys SET revoked_at = now() WHERE organisation_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING ${columns}`,
    [actor.organisationId, id],
  );
  if (!key) throw new Problem("not_found", { detail: "there is no such API key" });
  await record(query, actor, { type: "api_key.revoked", entityId: id, payload: { ...key } });
}
