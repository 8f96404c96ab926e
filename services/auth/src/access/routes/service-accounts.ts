import { pageOf } from "@purlin/kit/cursor";
import { idempotencyHeader, once } from "@purlin/kit/idempotency";
import { route, type Route } from "@purlin/kit/route";
import { change, look } from "@purlin/kit/run";
import { actorOf } from "../actor.ts";
import { pageById } from "../paging.ts";
import { newServiceAccount, organisationPath, listQuery, serviceAccount, serviceAccountPath } from "../schemas.ts";
import {
  createServiceAccount,
  deleteServiceAccount,
  getServiceAccount,
  listServiceAccounts,
} from "../service-accounts.ts";
import type { AccessServices } from "../services.ts";

const tag = "Service accounts";
const access = "service-account:manage";

export function serviceAccountRoutes({ app }: AccessServices): Route[] {
  return [
    route({
      method: "post",
      path: "/organisations/:organisationId/service-accounts",
      operationId: "createServiceAccount",
      summary: "Makes an account for a program",
      tag,
      access,
      params: organisationPath,
      body: newServiceAccount,
      requestHeaders: idempotencyHeader,
      responses: { 201: { description: "Created", body: serviceAccount } },
      problems: ["unprocessable"],
      handle: async (input) => {
        const actor = actorOf(input.identity, input.organisationId);
        return change(app, input, (query) =>
          once(query, input.request, actor.subjectId, async () => ({
            status: 201 as const,
            body: await createServiceAccount(query, actor, input.body),
          })),
        );
      },
    }),
    route({
      method: "get",
      path: "/organisations/:organisationId/service-accounts",
      operationId: "listServiceAccounts",
      summary: "The programs that work in the organisation",
      tag,
      access,
      params: organisationPath,
      query: listQuery,
      responses: { 200: { description: "A page of service accounts", body: pageOf(serviceAccount) } },
      handle: async (input) => {
        const { organisationId, query: page } = input;
        const body = await look(app, input, (query) =>
          pageById(
            "service-accounts",
            page,
            (limit, beyond) => listServiceAccounts(query, organisationId, limit, beyond),
            ({ id }) => id,
          ),
        );
        return { status: 200, body };
      },
    }),
    route({
      method: "get",
      path: "/organisations/:organisationId/service-accounts/:serviceAccountId",
      operationId: "getServiceAccount",
      summary: "A service account",
      tag,
      access,
      params: serviceAccountPath,
      responses: { 200: { description: "The service account", body: serviceAccount } },
      handle: async (input) => {
        const { organisationId, params } = input;
        const body = await look(app, input, (query) =>
          getServiceAccount(query, organisationId, params.serviceAccountId),
        );
        return { status: 200, body };
      },
    }),
    route({
      method: "delete",
      path: "/organisations/:organisationId/service-accounts/:serviceAccountId",
      operationId: "deleteServiceAccount",
      summary: "Deletes a service account; its keys and tokens are void",
      tag,
      access,
      params: serviceAccountPath,
      responses: { 204: { description: "Deleted" } },
      handle: async (input) => {
        const actor = actorOf(input.identity, input.organisationId);
        await change(app, input, (query) => deleteServiceAccount(query, actor, input.params.serviceAccountId));
        return { status: 204 };
      },
    }),
  ];
}
