import { randomUUID } from "node:crypto";
import { etag, expectVersion } from "@purlin/kit/etag";
import { idempotencyHeader, once } from "@purlin/kit/idempotency";
import { route, type Route } from "@purlin/kit/route";
import { change, look } from "@purlin/kit/run";
import { z } from "zod";
import { actorOf, requireWholeUser } from "../actor.ts";
import { removeMember } from "../members.ts";
import {
  createOrganisation,
  deleteOrganisation,
  getOrganisation,
  organisationsOf,
  updateOrganisation,
} from "../organisations.ts";
import { membership, newOrganisation, organisation, organisationChanges, organisationPath } from "../schemas.ts";
import type { AccessServices } from "../services.ts";

const tag = "Organisations";
const headers = { etag: "Its version, for `if-match`." };
const requestHeaders = { "if-match": "The `etag` of the version you have seen." };

export function organisationRoutes({ app, authenticator }: AccessServices): Route[] {
  return [
    route({
      method: "post",
      path: "/organisations",
      operationId: "createOrganisation",
      summary: "Creates an organisation; whoever does becomes its owner",
      tag,
      access: "signed-in",
      body: newOrganisation,
      requestHeaders: idempotencyHeader,
      responses: { 201: { description: "Created", body: organisation, headers } },
      problems: ["forbidden", "conflict", "unprocessable"],
      handle: async ({ identity, body, request, response }) => {
        requireWholeUser(identity);
        const { subjectId } = identity;
        const organisationId = randomUUID(); // row-level security asks for it before there is a row
        return change(app, { organisationId, request, response }, (query) =>
          once(query, request, subjectId, async () => {
            const created = await createOrganisation(query, { organisationId, subjectId }, body);
            return { status: 201 as const, headers: { etag: etag(created.version) }, body: { ...created } };
          }),
        );
      },
    }),
    route({
      method: "get",
      path: "/organisations",
      operationId: "listOrganisations",
      summary: "The organisations the caller may see, with its role in each",
      tag,
      access: "signed-in",
      responses: { 200: { description: "All of them", body: z.object({ items: z.array(membership) }) } },
      handle: async ({ identity, request, response }) => {
        const { subjectId } = identity;
        const all = await look(app, { request, response }, (query) => organisationsOf(query, subjectId));
        // what was joined a moment ago is in the list: rights as they are now, not as they are remembered
        const { organisations } = (await authenticator.refresh(identity, 0)) ?? identity;
        return { status: 200, body: { items: all.filter(({ id }) => organisations.has(id)) } };
      },
    }),
    route({
      method: "get",
      path: "/organisations/:organisationId",
      operationId: "getOrganisation",
      summary: "An organisation",
      tag,
      access: "organisation:read",
      params: organisationPath,
      responses: { 200: { description: "The organisation", body: organisation, headers } },
      handle: async (input) => {
        const found = await look(app, input, (query) => getOrganisation(query, input.organisationId));
        return { status: 200, headers: { etag: etag(found.version) }, body: { ...found } };
      },
    }),
    route({
      method: "patch",
      path: "/organisations/:organisationId",
      operationId: "updateOrganisation",
      summary: "Changes an organisation's name or slug",
      tag,
      access: "organisation:manage",
      params: organisationPath,
      body: organisationChanges,
      requestHeaders,
      responses: { 200: { description: "As it is now", body: organisation, headers } },
      problems: ["conflict", "precondition_failed", "precondition_required"],
      handle: async (input) => {
        const actor = actorOf(input.identity, input.organisationId);
        const expect = expectVersion(input.request);
        const changed = await change(app, input, (query) => updateOrganisation(query, actor, input.body, expect));
        return { status: 200, headers: { etag: etag(changed.version) }, body: { ...changed } };
      },
    }),
    route({
      method: "delete",
      path: "/organisations/:organisationId",
      operationId: "deleteOrganisation",
      summary: "Deletes an organisation with all that is in it",
      tag,
      access: "organisation:manage",
      params: organisationPath,
      responses: { 204: { description: "Deleted" } },
      handle: async (input) => {
        await change(app, input, (query) => deleteOrganisation(query, actorOf(input.identity, input.organisationId)));
        return { status: 204 };
      },
    }),
    route({
      method: "post",
      path: "/organisations/:organisationId/leave",
      operationId: "leaveOrganisation",
      summary: "Ends the caller's own membership",
      tag,
      access: "signed-in",
      params: organisationPath,
      responses: { 204: { description: "The caller is no member any more" } },
      problems: ["forbidden", "not_found", "conflict"],
      handle: async ({ identity, params: { organisationId }, request, response }) => {
        requireWholeUser(identity);
        // whoever is no member is told the same, whether there is such an organisation or not
        await change(app, { organisationId, request, response }, (query) =>
          removeMember(query, actorOf(identity, organisationId), identity.subjectId),
        );
        return { status: 204 };
      },
    }),
  ];
}
