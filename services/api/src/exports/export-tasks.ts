import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { seenBy } from "@purlin/kit/consistency";
import { Problem } from "@purlin/kit/problems";
import { route } from "@purlin/kit/route";
import { stringify } from "csv-stringify";
import { z } from "zod";
import type { Services } from "../services.ts";
import { guardFormula } from "./formulas.ts";
import { taskPages, type TaskLine } from "./task-pages.ts";

const columns: (keyof TaskLine)[] = [
  ...(["id", "number", "project", "title", "description", "status", "priority"] as const),
  ...(["assigneeId", "dueOn", "estimate", "completedAt", "createdAt", "updatedAt"] as const),
];

const filter = z.strictObject({
  projectId: z.uuid().optional().describe("Only the tasks of this project."),
  bom: z
    .enum(["true", "false"])
    .default("false")
    .describe("`true`: begins with a byte order mark, by which Excel knows UTF-8."),
});

/** GET /organisations/:organisationId/exports/tasks.csv: as fast as the client reads, in bounded memory. */
export function exportTasks({ db }: Services) {
  return route({
    method: "get",
    path: "/organisations/:organisationId/exports/tasks.csv",
    operationId: "exportTasks",
    summary: "Export tasks as CSV",
    tag: "Imports and exports",
    access: "data:export",
    params: z.strictObject({ organisationId: z.uuid() }),
    query: filter,
    responses: {
      200: {
        description:
          "RFC 4180, UTF-8, a header line, oldest first. Text that a spreadsheet would take for a formula begins with an apostrophe.",
        contentType: "text/csv",
      },
    },
    handle: async ({ query: { projectId, bom }, organisationId, request, response }) => {
      const options = { organisation: organisationId, after: seenBy(request) };
      if (projectId !== undefined) {
        const { value } = await db.read((query) => query("SELECT 1 FROM projects WHERE id = $1", [projectId]), options);
        if (value.length === 0) throw new Problem("not_found", { detail: "there is no such project" });
      }
      const pages = taskPages(db, options, projectId);
      const first = await pages.next(); // what fails here is still answered with a problem
      const lines = Readable.from(linesOf(first.value ?? [], pages));
      const csv = stringify({
        bom: bom === "true",
        cast: { string: guardFormula, date: (date) => date.toISOString() },
        columns,
        header: true,
        record_delimiter: "windows",
      });
      response.writeHead(200, {
        "content-type": "text/csv; charset=utf-8; header=present",
        "content-disposition": 'attachment; filename="tasks.csv"',
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
      });
      await pipeline(lines, csv, response);
      return undefined;
    },
  });
}

async function* linesOf(first: TaskLine[], rest: AsyncIterable<TaskLine[]>): AsyncGenerator<TaskLine> {
  yield* first;
  for await (const page of rest) yield* page;
}
