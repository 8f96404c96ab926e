import { acknowledge } from "@purlin/kit/consistency";
import { Problem } from "@purlin/kit/problems";
import { route } from "@purlin/kit/route";
import { z } from "zod";
import { callerOf } from "../../caller.ts";
import type { Services } from "../../services.ts";
import { importedColumns, taskRows } from "../create-rows.ts";
import { readRows } from "../csv-rows.ts";
import { importReport } from "../imports.ts";
import { runImport } from "../run-import.ts";

export const importPath = z.strictObject({ organisationId: z.uuid(), projectId: z.uuid(), importId: z.uuid() });

/**
 * PUT …/imports/:importId: imports the body, CSV, while it arrives. The client chooses the id, so that it can send the
 * same again after whatever went wrong, and nothing is imported twice.
 */
export function putImport(services: Services) {
  return route({
    method: "put",
    path: "/organisations/:organisationId/projects/:projectId/imports/:importId",
    operationId: "importTasks",
    summary: "Import tasks from CSV (text/csv), or go on with an import that was cut off",
    tag: "Imports and exports",
    access: "data:import",
    params: importPath,
    upload: { contentType: "text/csv", description: "UTF-8, a header line first; at most 10,000 rows." },
    responses: {
      200: { description: "All rows were read: how many became tasks, and why others did not.", body: importReport },
    },
    problems: ["invalid_request", "malformed_body", "unsupported_media_type", "conflict", "unprocessable"],
    handle: async ({ params, identity, organisationId, request, response }) => {
      if (!request.is("text/csv")) throw new Problem("unsupported_media_type", { detail: "send text/csv" });
      const caller = callerOf(identity, organisationId);
      const { projectId, importId: id } = params;
      const work = { organisationId, projectId, id, actorId: caller.actorId };
      const rows = readRows(request, importedColumns);
      const { value, lsn } = await runImport(services, work, rows, taskRows(caller, projectId));
      acknowledge(response, lsn);
      return { status: 200, body: value };
    },
  });
}
