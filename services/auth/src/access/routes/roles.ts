import { etag, expectVersion } from "@purlin/kit/etag";
import { idempotencyHeader, once } from "@purlin/kit/idempotency";
import { route, type Route } from "@purlin/kit/route";
import { change, look } from "@purlin/kit/run";
import { z } from "zod";
import { actorOf } from "../actor.ts";
import { createRole, deleteRole, getRole, listRoles, updateRole, type Role } from "../roles.ts";
import { newRole, organisationPath, role, roleChanges, rolePath } from "../schemas.ts";
import type { AccessServices } from "../services.ts";

const tag = "Roles";
const headers = { etag: "Its version, for `if-match`." };
const requestHeaders = { "if-match": "The `etag` of the version you have seen." };

export function roleRoutes({ app }: AccessServices): Route[] {
  return [
    route({
      method: "get",
      path: "/organisations/:organisationId/roles",
      operationId: "listRoles",
      summary: "The roles members can have: those of every organisation, and its own",
      tag,
      access: "member:read",
      params: organisationPath,
      responses: { 200: { description: "All of them", body: z.object({ items: z.array(role) }) } },
      handle: async (input) => {
        const roles = await look(app, input, (query) => listRoles(query, input.organisationId));
        return { status: 200, body: { items: roles } };
      },
    }),
    route({
      method: "get",
      path: "/organisations/:organisationId/roles/:role",
      operationId: "getRole",
      summary: "A role",
      tag,
      access: "member:read",
      params: rolePath,
      responses: { 200: { description: "The role", body: role, headers } },
      handle: async (input) => {
        const { organisationId, params } = input;
        return show(200, await look(app, input, (query) => getRole(query, organisationId, params.role)));
      },
    }),
    route({
      method: "post",
      path: "/organisations/:organisationId/roles",
      operationId: "createRole",
      summary: "Adds a role, made of permissions the caller has",
      tag,
      access: "role:manage",
      params: organisationPath,
      body: newRole,
      requestHeaders: idempotencyHeader,
      responses: { 201: { description: "Created", body: role, headers } },
      problems: ["conflict", "unprocessable"],
      handle: async (input) => {
        const { key, ...content } = input.body;
        const actor = actorOf(input.identity, input.organisationId);
        return change(app, input, (query) =>
          once(query, input.request, actor.subjectId, async () =>
            show(201, await createRole(query, actor, key, content)),
          ),
        );
      },
    }),
    route({
      method: "patch",
      path: "/organisations/:organisationId/roles/:role",
      operationId: "updateRole",
      summary: "Changes a role of the organisation's own",
      tag,
      access: "role:manage",
      params: rolePath,
      body: roleChanges,
      requestHeaders,
      responses: { 200: { description: "As it is now", body: role, headers } },
      problems: ["conflict", "precondition_failed", "precondition_required"],
      handle: async (input) => {
        const actor = actorOf(input.identity, input.organisationId);
        const expect = expectVersion(input.request);
        const { params, body } = input;
        return show(200, await change(app, input, (query) => updateRole(query, actor, params.role, body, expect)));
      },
    }),
    route({
      method: "delete",
      path: "/organisations/:organisationId/roles/:role",
      operationId: "deleteRole",
      summary: "Deletes a role nobody has",
      tag,
      access: "role:manage",
      params: rolePath,
      responses: { 204: { description: "Deleted" } },
      problems: ["conflict"],
      handle: async (input) => {
        const actor = actorOf(input.identity, input.organisationId);
        await change(app, input, (query) => deleteRole(query, actor, input.params.role));
        return { status: 204 };
      },
    }),
  ];
}

function show<S extends number>(status: S, found: Role) {
  return { status, headers: { etag: etag(found.version) }, body: found };
}
