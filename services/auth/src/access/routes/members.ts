import { pageOf } from "@purlin/kit/cursor";
import { route, type Route } from "@purlin/kit/route";
import { change, look } from "@purlin/kit/run";
import { actorOf } from "../actor.ts";
import { changeRole, getMember, listMembers, removeMember } from "../members.ts";
import { pageById } from "../paging.ts";
import { member, memberPath, organisationPath, listQuery, roleChange } from "../schemas.ts";
import type { AccessServices } from "../services.ts";

const tag = "Members";

export function memberRoutes({ app }: AccessServices): Route[] {
  return [
    route({
      method: "get",
      path: "/organisations/:organisationId/members",
      operationId: "listMembers",
      summary: "Who is in the organisation, people and service accounts",
      tag,
      access: "member:read",
      params: organisationPath,
      query: listQuery,
      responses: { 200: { description: "A page of members", body: pageOf(member) } },
      handle: async (input) => {
        const { organisationId, query: page } = input;
        const body = await look(app, input, (query) =>
          pageById(
            "members",
            page,
            (limit, beyond) => listMembers(query, organisationId, limit, beyond),
            ({ subjectId }) => subjectId,
          ),
        );
        return { status: 200, body };
      },
    }),
    route({
      method: "get",
      path: "/organisations/:organisationId/members/:subjectId",
      operationId: "getMember",
      summary: "A member",
      tag,
      access: "member:read",
      params: memberPath,
      responses: { 200: { description: "The member", body: member } },
      handle: async (input) => {
        const { subjectId } = input.params;
        const body = await look(app, input, (query) => getMember(query, input.organisationId, subjectId));
        return { status: 200, body };
      },
    }),
    route({
      method: "patch",
      path: "/organisations/:organisationId/members/:subjectId",
      operationId: "changeMemberRole",
      summary: "Gives a member another role",
      tag,
      access: "member:manage",
      params: memberPath,
      body: roleChange,
      responses: { 200: { description: "The member as it is now", body: member } },
      problems: ["conflict"],
      handle: async (input) => {
        const { identity, organisationId, params, body } = input;
        const changed = await change(app, input, (query) =>
          changeRole(query, actorOf(identity, organisationId), params.subjectId, body.role),
        );
        return { status: 200, body: changed };
      },
    }),
    route({
      method: "delete",
      path: "/organisations/:organisationId/members/:subjectId",
      operationId: "removeMember",
      summary: "Takes somebody out of the organisation, with the keys and invitations they made",
      tag,
      access: "member:manage",
      params: memberPath,
      responses: { 204: { description: "Removed" } },
      problems: ["conflict"],
      handle: async (input) => {
        const { identity, organisationId, params } = input;
        await change(app, input, (query) => removeMember(query, actorOf(identity, organisationId), params.subjectId));
        return { status: 204 };
      },
    }),
  ];
}
