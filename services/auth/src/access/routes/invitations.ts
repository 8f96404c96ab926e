import { acknowledge } from "@purlin/kit/consistency";
import { route, type Route } from "@purlin/kit/route";
import { actorOf, requireWholeUser } from "../actor.ts";
import { acceptInvitation, createInvitation, listInvitations, revokeInvitation } from "../invitations.ts";
import { change, look } from "../run.ts";
import {
  acceptedInvitation,
  invitation,
  invitationPath,
  invitationToken,
  newInvitation,
  organisationPath,
  pageOf,
  pageQuery,
  toPage,
} from "../schemas.ts";
import type { AccessServices } from "../services.ts";

const tag = "Invitations";

export function invitationRoutes(services: AccessServices): Route[] {
  const { app } = services;
  return [
    route({
      method: "post",
      path: "/organisations/:organisationId/invitations",
      operationId: "createInvitation",
      summary: "Invites somebody by mail; an earlier invitation of the same address is void",
      tag,
      access: "member:manage",
      params: organisationPath,
      body: newInvitation,
      responses: { 201: { description: "The invitation; its mail is on its way", body: invitation } },
      problems: ["conflict"],
      handle: async (input) => {
        const actor = actorOf(input.identity, input.organisationId);
        const body = await change(app, input, (query) => createInvitation(query, services, actor, input.body));
        return { status: 201, body };
      },
    }),
    route({
      method: "get",
      path: "/organisations/:organisationId/invitations",
      operationId: "listInvitations",
      summary: "Invitations nobody has accepted yet, newest first",
      tag,
      access: "member:manage",
      params: organisationPath,
      query: pageQuery,
      responses: { 200: { description: "A page of invitations", body: pageOf(invitation) } },
      handle: async (input) => {
        const { limit, cursor } = input.query;
        const rows = await look(app, input, (query) => listInvitations(query, input.organisationId, limit + 1, cursor));
        return { status: 200, body: toPage(rows, limit, ({ id }) => id) };
      },
    }),
    route({
      method: "delete",
      path: "/organisations/:organisationId/invitations/:invitationId",
      operationId: "revokeInvitation",
      summary: "Takes an invitation back",
      tag,
      access: "member:manage",
      params: invitationPath,
      responses: { 204: { description: "Taken back" } },
      handle: async (input) => {
        const actor = actorOf(input.identity, input.organisationId);
        await change(app, input, (query) => revokeInvitation(query, actor, input.params.invitationId));
        return { status: 204 };
      },
    }),
    route({
      method: "post",
      path: "/invitations/accept",
      operationId: "acceptInvitation",
      summary: "Makes the caller a member, with the token of the mail to the address it has confirmed",
      tag,
      access: "signed-in",
      body: invitationToken,
      responses: { 200: { description: "The new member", body: acceptedInvitation } },
      problems: ["forbidden", "not_found", "conflict"],
      handle: async ({ identity, body, response }) => {
        requireWholeUser(identity);
        const { value, lsn } = await acceptInvitation(services, identity.subjectId, body.token);
        acknowledge(response, lsn);
        return { status: 200, body: value };
      },
    }),
  ];
}
