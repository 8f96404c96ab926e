import type { Identity } from "@purlin/kit/identity";
import { permissions } from "@purlin/kit/permissions";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { z } from "zod";

/** The caller, as the API knows it. */
export const me = z
  .strictObject({
    id: z.uuid(),
    kind: z.enum(["user", "service"]),
    displayName: z.string(),
    email: z.string().nullable().describe("Verified; null for a service account."),
    organisations: z
      .array(
        z.strictObject({
          id: z.uuid(),
          slug: z.string(),
          name: z.string(),
          role: z.string(),
          permissions: z
            .array(z.enum(permissions))
            .describe("What this token or key may do there; its subject may do more."),
        }),
      )
      .describe("Those this token or key gives access to."),
  })
  .meta({ id: "Me" });

interface SubjectRow {
  displayName: string;
  email: string | null;
}

interface OrganisationRow {
  id: string;
  slug: string;
  name: string;
  role: string;
}

const subject = `SELECT display_name AS "displayName", email FROM access.subjects WHERE id = $1`;
const organisations = "SELECT id, slug, name, role FROM access.organisations_of($1)";

/** Who `identity` is and where it may do what. @throws Problem unauthorized for a subject that was removed meanwhile */
export async function describeCaller(query: Query, { subjectId: id, kind, organisations: granted }: Identity) {
  const [found] = await query<SubjectRow>(subject, [id]);
  if (!found) throw new Problem("unauthorized", { headers: { "www-authenticate": "Bearer" } });
  const memberships = await query<OrganisationRow>(organisations, [id]);
  return {
    id,
    kind,
    ...found,
    organisations: memberships.flatMap((one) => {
      const allowed = granted.get(one.id);
      return allowed ? [{ ...one, permissions: [...allowed] }] : [];
    }),
  };
}
