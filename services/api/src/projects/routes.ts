import { pageOf, pageQuery } from "@purlin/kit/cursor";
import { etag, expectVersion, isKnown } from "@purlin/kit/etag";
import { idempotencyHeader, once } from "@purlin/kit/idempotency";
import { route, type Route } from "@purlin/kit/route";
import { booleanText, orElse } from "@purlin/kit/route-query";
import { z } from "zod";
import { answerList } from "../answer-list.ts";
import { callerOf } from "../caller.ts";
import { findIn, writeIn } from "../place.ts";
import type { Services } from "../services.ts";
import { fieldsQuery, maybeSparse, pickFields, readFields } from "../sparse.ts";
import { ifMatch, ifNoneMatch, tagHeader } from "../versions.ts";
import { createProject, deleteProject, updateProject } from "./change-projects.ts";
import { findProject, listProjects, newProject, project, projectChanges } from "./projects.ts";

const tag = "Projects";
const inOrganisation = z.strictObject({ organisationId: z.uuid() });
const oneProject = inOrganisation.extend({ projectId: z.uuid() });

export function projectRoutes(services: Services): Route[] {
  return [
    route({
      method: "post",
      path: "/organisations/:organisationId/projects",
      operationId: "createProject",
      summary: "Create a project",
      tag,
      access: "project:write",
      params: inOrganisation,
      body: newProject,
      requestHeaders: idempotencyHeader,
      responses: {
        201: { description: "Created.", body: project, headers: { ...tagHeader, location: "The project." } },
      },
      problems: ["conflict", "unprocessable"],
      handle: ({ body, identity, ...place }) =>
        writeIn(services, place, (query) =>
          once(query, place.request, identity.subjectId, async () => {
            const created = await createProject(query, callerOf(identity, place.organisationId), body);
            return {
              status: 201 as const,
              headers: { etag: etag(created.version), location: `projects/${created.id}` },
              body: created,
            };
          }),
        ),
    }),
    route({
      method: "get",
      path: "/organisations/:organisationId/projects",
      operationId: "listProjects",
      summary: "List projects, newest first",
      tag,
      access: "project:read",
      params: inOrganisation,
      query: z.strictObject({
        ...pageQuery,
        archived: orElse(booleanText(), false).describe("The archived ones instead."),
        fields: fieldsQuery,
      }),
      responses: { 200: { description: "A page.", body: pageOf(maybeSparse(project)) } },
      handle: async ({ query: { fields, archived, ...page }, ...place }) => {
        const wanted = readFields(project, fields);
        return answerList(services, place, { name: "projects", options: { fields, archived, page } }, async (query) => {
          const { items, next } = await listProjects(query, { archived }, page);
          return { items: items.map((item) => pickFields(item, wanted)), next };
        });
      },
    }),
    route({
      method: "get",
      path: "/organisations/:organisationId/projects/:projectId",
      operationId: "getProject",
      summary: "Get a project",
      tag,
      access: "project:read",
      params: oneProject,
      query: z.strictObject({ fields: fieldsQuery }),
      requestHeaders: ifNoneMatch,
      responses: {
        200: { description: "The project.", body: maybeSparse(project), headers: tagHeader },
        304: { description: "It is as `if-none-match` says.", headers: tagHeader },
      },
      handle: async ({ params, query: { fields }, ...place }) => {
        const wanted = readFields(project, fields);
        const found = await findIn(services, place, (query) => findProject(query, params.projectId));
        const headers = { etag: etag(found.version) };
        if (isKnown(place.request, headers.etag)) return { status: 304, headers };
        return { status: 200, headers, body: pickFields(found, wanted) };
      },
    }),
    route({
      method: "patch",
      path: "/organisations/:organisationId/projects/:projectId",
      operationId: "updateProject",
      summary: "Change a project, archive it or bring it back",
      tag,
      access: "project:write",
      params: oneProject,
      body: projectChanges,
      requestHeaders: ifMatch,
      responses: { 200: { description: "As it is now.", body: project, headers: tagHeader } },
      problems: ["conflict", "precondition_required", "precondition_failed"],
      handle: async ({ params, body, identity, ...place }) => {
        const expect = expectVersion(place.request);
        const caller = callerOf(identity, place.organisationId);
        const changed = await writeIn(services, place, (query) =>
          updateProject(query, caller, params.projectId, expect, body),
        );
        return { status: 200, headers: { etag: etag(changed.version) }, body: changed };
      },
    }),
    route({
      method: "delete",
      path: "/organisations/:organisationId/projects/:projectId",
      operationId: "deleteProject",
      summary: "Delete a project with all that is in it",
      tag,
      access: "project:write",
      params: oneProject,
      requestHeaders: ifMatch,
      responses: { 204: { description: "It is gone." } },
      problems: ["precondition_required", "precondition_failed"],
      handle: async ({ params, identity, ...place }) => {
        const expect = expectVersion(place.request);
        const caller = callerOf(identity, place.organisationId);
        await writeIn(services, place, (query) => deleteProject(query, caller, params.projectId, expect));
        return { status: 204 };
      },
    }),
  ];
}
