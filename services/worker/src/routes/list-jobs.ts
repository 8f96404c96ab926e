import { pageOf, pageQuery } from "@purlin/kit/cursor";
import { route } from "@purlin/kit/route";
import { look } from "@purlin/kit/run";
import { line } from "@purlin/kit/text";
import { z } from "zod";
import { job, listJobs as list } from "../jobs/queries.ts";
import type { Services } from "../services.ts";
import { organisationPath } from "./paths.ts";

const kind = line(100);

/** GET …/jobs: what is to be done for the organisation, and what could not be. */
export function listJobs({ db }: Services) {
  return route({
    method: "get",
    path: "/organisations/:organisationId/jobs",
    operationId: "listJobs",
    summary: "List background jobs",
    tag: "jobs",
    access: "job:manage",
    params: organisationPath,
    query: z.strictObject({ ...pageQuery, state: z.enum(["pending", "dead"]).optional(), kind: kind.optional() }),
    responses: { 200: { description: "Newest first.", body: pageOf(job) } },
    handle: async ({ query: { state, kind, ...page }, ...place }) => {
      const body = await look(db, place, (query) => list(query, { state, kind }, page));
      return { status: 200, body };
    },
  });
}

/** GET …/dead-letters: jobs that failed too often. */
export function listDeadLetters({ db }: Services) {
  return route({
    method: "get",
    path: "/organisations/:organisationId/dead-letters",
    operationId: "listDeadLetters",
    summary: "List jobs that failed too often",
    tag: "dead letters",
    access: "job:manage",
    params: organisationPath,
    query: z.strictObject({ ...pageQuery, kind: kind.optional() }),
    responses: { 200: { description: "Newest first.", body: pageOf(job) } },
    handle: async ({ query: { kind, ...page }, ...place }) => {
      const body = await look(db, place, (query) => list(query, { state: "dead", kind }, page));
      return { status: 200, body };
    },
  });
}
