import { builtInRoles, isBuiltInRole, isPermission, type Permission } from "@purlin/kit/permissions";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { requireAll, type Actor } from "./actor.ts";
import { lockOrganisation } from "./organisations.ts";
import { record } from "./record.ts";

export interface Role {
  key: string;
  name: string;
  /** Every organisation has it, and nobody changes it. */
  builtIn: boolean;
  permissions: readonly Permission[];
  version: number;
}

interface Row {
  key: string;
  name: string;
  permissions: string[];
  version: number;
}

const columns = "key, name, permissions, version";

const builtIn: Role[] = Object.entries(builtInRoles).map(([key, permissions]) => ({
  key,
  name: key.charAt(0).toUpperCase() + key.slice(1),
  builtIn: true,
  permissions,
  version: 1,
}));

/** The built-in roles, then the organisation's own by name. */
export async function listRoles(query: Query, organisationId: string): Promise<Role[]> {
  const rows = await query<Row>(`SELECT ${columns} FROM access.roles WHERE organisation_id = $1 ORDER BY name, key`, [
    organisationId,
  ]);
  return [...builtIn, ...rows.map(toRole)];
}

/** @throws Problem not_found */
export async function getRole(query: Query, organisationId: string, key: string): Promise<Role> {
  const own = builtIn.find((role) => role.key === key) ?? (await findOwn(query, organisationId, key));
  if (!own) throw new Problem("not_found", { detail: "there is no such role" });
  return own;
}

/** What a role that is about to be given contains. @throws Problem invalid_request when there is no such role */
export async function permissionsToGive(query: Query, organisationId: string, key: string) {
  const role = builtIn.find((one) => one.key === key) ?? (await findOwn(query, organisationId, key));
  if (role) return role.permissions;
  throw new Problem("invalid_request", { errors: [{ path: "body.role", message: "is no role of this organisation" }] });
}

/** What a role that somebody has contains; nothing, for one that is gone. */
export async function permissionsOf(query: Query, organisationId: string, key: string) {
  if (isBuiltInRole(key)) return builtInRoles[key];
  return (await findOwn(query, organisationId, key))?.permissions ?? [];
}

export interface RoleContent {
  name: string;
  permissions: Permission[];
}

/** @throws Problem forbidden for permissions the actor lacks, conflict when there is such a role */
export async function createRole(query: Query, actor: Actor, key: string, content: RoleContent): Promise<Role> {
  requireAll(actor, content.permissions);
  const [row] = isBuiltInRole(key)
    ? []
    : await query<Row>(
        `INSERT INTO access.roles (organisation_id, key, name, permissions) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING RETURNING ${columns}`,
        [actor.organisationId, key, content.name, content.permissions],
      );
  if (!row) throw new Problem("conflict", { detail: "there is a role with this key" });
  return recorded(query, actor, "role.created", toRole(row));
}

/** Its members have the new permissions within a second. @throws Problem forbidden, not_found, conflict, precondition_failed */
export async function updateRole(
  query: Query,
  actor: Actor,
  key: string,
  content: { [K in keyof RoleContent]?: RoleContent[K] | undefined },
  expect: (version: number) => void,
): Promise<Role> {
  const before = await lockOwn(query, actor, key);
  expect(before.version);
  requireAll(actor, before.permissions);
  requireAll(actor, content.permissions ?? []);
  const [row] = await query<Row>(
    `UPDATE access.roles
     SET name = coalesce($3, name), permissions = coalesce($4, permissions), version = version + 1, updated_at = now()
     WHERE organisation_id = $1 AND key = $2 RETURNING ${columns}`,
    [actor.organisationId, key, content.name ?? null, content.permissions ?? null],
  );
  return recorded(query, actor, "role.updated", row ? toRole(row) : before, { before: before.permissions });
}

/** @throws Problem forbidden, not_found, conflict while somebody has it or is invited with it */
export async function deleteRole(query: Query, actor: Actor, key: string): Promise<void> {
  const role = await lockOwn(query, actor, key);
  requireAll(actor, role.permissions);
  const [used] = await query(
    `SELECT FROM access.members WHERE organisation_id = $1 AND role = $2
     UNION ALL
     SELECT FROM access.invitations
     WHERE organisation_id = $1 AND role = $2 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()`,
    [actor.organisationId, key],
  );
  if (used) throw new Problem("conflict", { detail: "somebody has this role, or is invited with it" });
  await query("DELETE FROM access.roles WHERE organisation_id = $1 AND key = $2", [actor.organisationId, key]);
  await recorded(query, actor, "role.deleted", role);
}

async function findOwn(query: Query, organisationId: string, key: string): Promise<Role | undefined> {
  const [row] = await query<Row>(`SELECT ${columns} FROM access.roles WHERE organisation_id = $1 AND key = $2`, [
    organisationId,
    key,
  ]);
  return row && toRole(row);
}

async function lockOwn(query: Query, { organisationId }: Actor, key: string): Promise<Role> {
  if (isBuiltInRole(key)) throw new Problem("conflict", { detail: "a built-in role stays as it is" });
  await lockOrganisation(query, organisationId);
  const role = await findOwn(query, organisationId, key);
  if (!role) throw new Problem("not_found", { detail: "there is no such role" });
  return role;
}

async function recorded(query: Query, actor: Actor, type: string, role: Role, details = {}): Promise<Role> {
  const change = { type, entityId: actor.organisationId, name: role.key, payload: { ...role } };
  await record(query, actor, { ...change, details: { permissions: role.permissions, ...details } });
  return role;
}

function toRole({ permissions, ...row }: Row): Role {
  return { ...row, builtIn: false, permissions: permissions.filter(isPermission) };
}
