import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { requireAll, type Actor } from "./actor.ts";
import { lockOrganisation } from "./organisations.ts";
import { record } from "./record.ts";
import { permissionsOf, permissionsToGive } from "./roles.ts";

export interface Member {
  subjectId: string;
  kind: "user" | "service";
  displayName: string;
  email: string | null;
  role: string;
  createdAt: Date;
  updatedAt: Date;
}

const select = `
  SELECT m.subject_id AS "subjectId", s.kind, s.display_name AS "displayName", s.email, m.role,
    m.created_at AS "createdAt", m.updated_at AS "updatedAt"
  FROM access.members m JOIN access.subjects s ON s.id = m.subject_id
  WHERE m.organisation_id = $1`;

/** Up to `limit` members, by subject id, after the one that is `after`. */
export function listMembers(query: Query, organisationId: string, limit: number, after: string | undefined) {
  return query<Member>(`${select} AND ($3::uuid IS NULL OR m.subject_id > $3) ORDER BY m.subject_id LIMIT $2`, [
    organisationId,
    limit,
    after ?? null,
  ]);
}

/** @throws Problem not_found */
export async function getMember(query: Query, organisationId: string, subjectId: string): Promise<Member> {
  const [member] = await query<Member>(`${select} AND m.subject_id = $2`, [organisationId, subjectId]);
  if (!member) throw new Problem("not_found", { detail: "there is no such member" });
  return member;
}

/** Who adds whom was checked by the caller, who holds the organisation. @throws Problem conflict for one who is a member */
export async function addMember(query: Query, actor: Omit<Actor, "permissions">, subjectId: string, role: string) {
  const [added] = await query(
    "INSERT INTO access.members (organisation_id, subject_id, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING subject_id",
    [actor.organisationId, subjectId, role],
  );
  if (!added) throw new Problem("conflict", { detail: "already a member" });
  const member = await getMember(query, actor.organisationId, subjectId);
  await record(query, actor, { type: "member.added", entityId: subjectId, payload: { ...member }, details: { role } });
  return member;
}

/** @throws Problem not_found, invalid_request, forbidden for more than the actor has, conflict for the last owner */
export async function changeRole(query: Query, actor: Actor, subjectId: string, role: string): Promise<Member> {
  const { organisationId } = actor;
  await lockOrganisation(query, organisationId);
  const before = await getMember(query, organisationId, subjectId);
  requireAll(actor, await permissionsOf(query, organisationId, before.role));
  requireAll(actor, await permissionsToGive(query, organisationId, role));
  if (before.role === role) return before;
  if (before.role === "owner") await requireAnotherOwner(query, organisationId, subjectId);
  await query(
    "UPDATE access.members SET role = $3, version = version + 1, updated_at = now() WHERE organisation_id = $1 AND subject_id = $2",
    [organisationId, subjectId, role],
  );
  const member = await getMember(query, organisationId, subjectId);
  const changes = { role: { from: before.role, to: role } };
  await record(query, actor, {
    type: "member.role_changed",
    entityId: subjectId,
    payload: { ...member, changes },
    details: changes,
  });
  return member;
}

/** @throws Problem not_found, forbidden for one with more rights, conflict for the last owner or a service account */
export async function removeMember(query: Query, actor: Actor, subjectId: string): Promise<void> {
  await lockOrganisation(query, actor.organisationId);
  const member = await getMember(query, actor.organisationId, subjectId);
  if (member.kind === "service") throw new Problem("conflict", { detail: "delete the service account instead" });
  if (subjectId !== actor.subjectId) requireAll(actor, await permissionsOf(query, actor.organisationId, member.role));
  if (member.role === "owner") await requireAnotherOwner(query, actor.organisationId, subjectId);
  await dropMember(query, actor, member);
}

/** Ends the membership and what hangs on it: coming back does not bring old keys and invitations back. */
export async function dropMember(query: Query, actor: Actor, { subjectId, role }: Member): Promise<void> {
  const membership = [actor.organisationId, subjectId];
  await query("DELETE FROM access.members WHERE organisation_id = $1 AND subject_id = $2", membership);
  await query(
    "UPDATE access.api_keys SET revoked_at = now() WHERE organisation_id = $1 AND subject_id = $2 AND revoked_at IS NULL",
    membership,
  );
  await query(
    `UPDATE access.invitations SET revoked_at = now()
     WHERE organisation_id = $1 AND invited_by = $2 AND accepted_at IS NULL AND revoked_at IS NULL`,
    membership,
  );
  await record(query, actor, { type: "member.removed", entityId: subjectId, payload: { subjectId, role } });
}

/** An organisation always has an owner who can sign in. */
async function requireAnotherOwner(query: Query, organisationId: string, subjectId: string): Promise<void> {
  const [other] = await query(
    `SELECT FROM access.members m JOIN access.subjects s ON s.id = m.subject_id
     WHERE m.organisation_id = $1 AND m.subject_id <> $2 AND m.role = 'owner' AND s.kind = 'user' AND s.disabled_at IS NULL
     LIMIT 1`,
    [organisationId, subjectId],
  );
  if (!other) throw new Problem("conflict", { detail: "an organisation needs an owner: make somebody else one first" });
}
