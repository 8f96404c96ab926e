import { acknowledge } from "@purlin/kit/consistency";
import { pageOf } from "@purlin/kit/cursor";
import { idempotencyHeader, once } from "@purlin/kit/idempotency";
import { route, type Route } from "@purlin/kit/route";
import { change, look } from "@purlin/kit/run";
import { actorOf, requireWholeUser } from "../actor.ts";
import { acceptInvitation, createInvitation, listInvitations, revokeInvitation } from "../invitations.ts";
import { pageById } from "../paging.ts";
import {
  acceptedInvitation,
  invitation,
  invitationPath,
  invitationToken,
  newInvitation,
  organisationPath,
  listQuery,
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
      requestHeaders: idempotencyHeader,
      responses: { 201: { description: "The invitation; its mail is on its way", body: invitation } },
      problems: ["conflict", "unprocessable"],
      handle: async (input) => {
        const actor = actorOf(input.identity, input.organisationId);
        return change(app, input, (query) =>
          once(query, input.request, actor.subjectId, async () => ({
            status: 201 as const,
            body: await createInvitation(query, services, actor, input.body),
          })),
        );
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
      query: listQuery,
      responses: { 200: { description: "A page of invitations", body: pageOf(invitation) } },
      handle: async (input) => {
        const { organisationId, query: page } = input;
        const body = await look(app, input, (query) =>
          pageById(
            "invitations",
            page,
            (limit, beyond) => listInvitations(query, organisationId, limit, beyond),
            ({ id }) => id,
          ),
        );
        return { status: 200, body };
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
