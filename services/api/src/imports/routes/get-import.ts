import { seenBy } from "@purlin/kit/consistency";
import { route } from "@purlin/kit/route";
import type { Services } from "../../services.ts";
import { findImport, importReport } from "../imports.ts";
import { importPath } from "./put-import.ts";

/** GET …/imports/:importId: how far it is, while it runs too. */
export function getImport({ db }: Services) {
  return route({
    method: "get",
    path: "/organisations/:organisationId/projects/:projectId/imports/:importId",
    operationId: "getImport",
    summary: "See how far an import is",
    tag: "Imports and exports",
    access: "data:import",
    params: importPath,
    responses: { 200: { description: "The import.", body: importReport } },
    handle: async ({ params: { projectId, importId }, organisationId, request }) => {
      const { value, servedBy } = await db.read((query) => findImport(query, projectId, importId), {
        organisation: organisationId,
        after: seenBy(request),
      });
      return { status: 200, headers: { "x-served-by": servedBy }, body: value };
    },
  });
}
