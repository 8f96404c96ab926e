import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { requireAll, type Actor } from "./actor.ts";
import { addMember, dropMember, getMember } from "./members.ts";
import { lockOrganisation } from "./organisations.ts";
import { record } from "./record.ts";
import { permissionsOf, permissionsToGive } from "./roles.ts";

/** A program that works in an organisation. Its id is its client id; its API keys are its client secrets. */
export interface ServiceAccount {
  id: string;
  name: string;
  role: string;
  createdBy: string;
  createdAt: Date;
}

const select = `
  SELECT a.subject_id AS id, s.display_name AS name, m.role, a.created_by AS "createdBy", a.created_at AS "createdAt"
  FROM access.service_accounts a
  JOIN access.subjects s ON s.id = a.subject_id
  JOIN access.members m ON m.organisation_id = a.organisation_id AND m.subject_id = a.subject_id
  WHERE a.organisation_id = $1`;

/** Up to `limit` service accounts, by id, after the one that is `after`. */
export function listServiceAccounts(query: Query, organisationId: string, limit: number, after: string | undefined) {
  return query<ServiceAccount>(`${select} AND ($3::uuid IS NULL OR a.subject_id > $3) ORDER BY a.subject_id LIMIT $2`, [
    organisationId,
    limit,
    after ?? null,
  ]);
}

/** @throws Problem not_found */
export async function getServiceAccount(query: Query, organisationId: string, id: string): Promise<ServiceAccount> {
  const [account] = await query<ServiceAccount>(`${select} AND a.subject_id = $2`, [organisationId, id]);
  if (!account) throw new Problem("not_found", { detail: "there is no such service account" });
  return account;
}

/** @throws Problem forbidden for more than the actor has, invalid_request */
export async function createServiceAccount(
  query: Query,
  actor: Actor,
  { name, role }: { name: string; role: string },
): Promise<ServiceAccount> {
  const { organisationId, subjectId } = actor;
  await lockOrganisation(query, organisationId);
  requireAll(actor, await permissionsToGive(query, organisationId, role));
  const [subject] = await query<{ id: string }>(
    "INSERT INTO access.subjects (kind, display_name) VALUES ('service', $1) RETURNING id",
    [name],
  );
  if (!subject) throw new Error("the subject was not written");
  await query("INSERT INTO access.service_accounts (organisation_id, subject_id, created_by) VALUES ($1, $2, $3)", [
    organisationId,
    subject.id,
    subjectId,
  ]);
  await addMember(query, actor, subject.id, role);
  const account = await getServiceAccount(query, organisationId, subject.id);
  await record(query, actor, { type: "service_account.created", entityId: account.id, payload: { ...account } });
  return account;
}

/** The account may do nothing any more and its keys are void; what it wrote keeps its name. @throws Problem not_found, forbidden */
export async function deleteServiceAccount(query: Query, actor: Actor, id: string): Promise<void> {
  const { organisationId } = actor;
  await lockOrganisation(query, organisationId);
  const account = await getServiceAccount(query, organisationId, id);
  requireAll(actor, await permissionsOf(query, organisationId, account.role));
  await dropMember(query, actor, await getMember(query, organisationId, id));
  await query("DELETE FROM access.service_accounts WHERE organisation_id = $1 AND subject_id = $2", [
    organisationId,
    id,
  ]);
  await query("UPDATE access.subjects SET disabled_at = now(), tokens_valid_from = now() WHERE id = $1", [id]);
  await record(query, actor, { type: "service_account.deleted", entityId: id, payload: { ...account } });
}
