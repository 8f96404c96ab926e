import { route } from "@purlin/kit/route";
import { readIn } from "../../place.ts";
import type { Services } from "../../services.ts";
import { findImport, importReport } from "../imports.ts";
import { importPath } from "./put-import.ts";

/** GET …/imports/:importId: how far it is, while it runs too. */
export function getImport(services: Services) {
  return route({
    method: "get",
    path: "/organisations/:organisationId/projects/:projectId/imports/:importId",
    operationId: "getImport",
    summary: "See how far an import is",
    tag: "Imports and exports",
    access: "data:import",
    params: importPath,
    responses: { 200: { description: "The import.", body: importReport } },
    handle: async ({ params: { projectId, importId }, ...place }) => {
      const found = await readIn(services, place, (query) => findImport(query, projectId, importId));
      return { status: 200, body: found };
    },
  });
}
