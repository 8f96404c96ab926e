import type { Query } from "@purlin/kit/pool";

/** Of the access schema, which the auth service writes. */
export interface OrganisationRow {
  id: string;
  name: string;
  slug: string;
  createdAt: Date;
}

/** The organisation whose rows are in sight. */
export async function findOrganisation(query: Query): Promise<OrganisationRow | undefined> {
  const [row] = await query<OrganisationRow>(
    `SELECT id, name, slug, created_at AS "createdAt" FROM access.organisations WHERE id = access.current_organisation()`,
  );
  return row;
}

const members = `
  SELECT s.id, s.display_name AS name FROM access.members m JOIN access.subjects s ON s.id = m.subject_id
  WHERE m.organisation_id = access.current_organisation() AND m.subject_id = ANY ($1::uuid[])`;

/** Names of members; who is no member of the organisation is left out. */
export async function findPeople(query: Query, ids: readonly string[]): Promise<{ id: string; name: string }[]> {
  return query(members, [ids]);
}
