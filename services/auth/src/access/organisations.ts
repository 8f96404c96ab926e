import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import type { Actor } from "./actor.ts";
import { record } from "./record.ts";

export interface Organisation {
  id: string;
  slug: string;
  name: string;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

const columns = `id, slug, name, version, created_at AS "createdAt", updated_at AS "updatedAt"`;

/** Makes an organisation with the id and the owner `actor` has. @throws Problem conflict when the slug is taken */
export async function createOrganisation(
  query: Query,
  actor: Omit<Actor, "permissions">,
  { name, slug }: { name: string; slug: string },
): Promise<Organisation> {
  const { organisationId, subjectId } = actor;
  const [organisation] = await query<Organisation>(
    `INSERT INTO access.organisations (id, name, slug) VALUES ($1, $2, $3) ON CONFLICT (slug) DO NOTHING RETURNING ${columns}`,
    [organisationId, name, slug],
  );
  if (!organisation) throw slugTaken();
  await query("INSERT INTO access.members (organisation_id, subject_id, role) VALUES ($1, $2, 'owner')", [
    organisationId,
    subjectId,
  ]);
  await record(query, actor, {
    type: "organisation.created",
    entityId: organisationId,
    payload: { ...organisation },
  });
  return organisation;
}

/** The organisations of a subject, with its role in each. */
export async function organisationsOf(query: Query, subjectId: string): Promise<(Organisation & { role: string })[]> {
  return query<Organisation & { role: string }>(`SELECT ${columns}, role FROM access.organisations_of($1)`, [
    subjectId,
  ]);
}

/** @throws Problem not_found */
export async function getOrganisation(query: Query, id: string): Promise<Organisation> {
  const [organisation] = await query<Organisation>(
    `SELECT ${columns} FROM access.organisations WHERE id = $1 AND deleted_at IS NULL`,
    [id],
  );
  return organisation ?? gone();
}

/**
 * The organisation, held until the transaction ends. Who changes members or roles takes it first: one at a time, so
 * that two owners cannot both be the last but one. @throws Problem not_found
 */
export async function lockOrganisation(query: Query, id: string): Promise<Organisation> {
  const [organisation] = await query<Organisation>(
    `SELECT ${columns} FROM access.organisations WHERE id = $1 AND deleted_at IS NULL FOR UPDATE`,
    [id],
  );
  return organisation ?? gone();
}

export interface OrganisationChanges {
  name?: string | undefined;
  slug?: string | undefined;
}

/** `expect` checks the version the caller has seen. @throws Problem not_found, precondition_failed, conflict when the slug is taken */
export async function updateOrganisation(
  query: Query,
  actor: Actor,
  { name, slug }: OrganisationChanges,
  expect: (version: number) => void,
): Promise<Organisation> {
  const before = await lockOrganisation(query, actor.organisationId);
  expect(before.version);
  const [taken] = await query("SELECT FROM access.organisations WHERE slug = $1 AND id <> $2", [
    slug ?? null,
    before.id,
  ]);
  if (taken) throw slugTaken();
  const [organisation = before] = await query<Organisation>(
    `UPDATE access.organisations
     SET name = coalesce($2, name), slug = coalesce($3, slug), version = version + 1, updated_at = now()
     WHERE id = $1 RETURNING ${columns}`,
    [before.id, name ?? null, slug ?? null],
  );
  const changes = {
    ...(organisation.name !== before.name && { name: { from: before.name, to: organisation.name } }),
    ...(organisation.slug !== before.slug && { slug: { from: before.slug, to: organisation.slug } }),
  };
  await record(query, actor, {
    type: "organisation.updated",
    entityId: before.id,
    payload: { ...organisation, changes },
    details: changes,
  });
  return organisation;
}

/** The organisation is gone for everybody within a second; its rows stay until they are purged. Its slug is free at once. */
export async function deleteOrganisation(query: Query, actor: Actor): Promise<void> {
  const { id, slug, name } = await lockOrganisation(query, actor.organisationId);
  await query(
    "UPDATE access.organisations SET deleted_at = now(), slug = id::text, version = version + 1 WHERE id = $1",
    [id],
  );
  await record(query, actor, { type: "organisation.deleted", entityId: id, payload: { id, slug, name } });
}

function slugTaken(): Problem {
  return new Problem("conflict", { detail: "this slug is taken" });
}

function gone(): never {
  throw new Problem("not_found", { detail: "there is no such organisation" });
}
