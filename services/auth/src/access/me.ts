import type { Identity } from "@purlin/kit/identity";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { organisationsOf } from "./organisations.ts";

/** Who `identity` is and what it may do where. @throws Problem unauthorized for a subject that is gone */
export async function getMe(query: Query, identity: Identity) {
  const { subjectId, kind, via } = identity;
  const [subject] = await query<{ displayName: string; email: string | null }>(
    `SELECT display_name AS "displayName", email FROM access.subjects WHERE id = $1`,
    [subjectId],
  );
  const organisations = (await organisationsOf(query, subjectId)).flatMap(({ id, slug, name, role }) => {
    const permissions = identity.organisations.get(id);
    return permissions ? [{ id, slug, name, role, permissions: [...permissions] }] : [];
  });
  if (!subject) throw new Problem("unauthorized");
  return { subjectId, kind, via, ...subject, organisations };
}
