import { Problem } from "@purlin/kit/problems";
import { pageOf } from "@purlin/kit/cursor";
import { route, type Route } from "@purlin/kit/route";
import { change, look } from "@purlin/kit/run";
import { actorOf, requireNoKey } from "../actor.ts";
import { createApiKey, listApiKeys, revokeApiKey } from "../api-keys.ts";
import { pageById } from "../paging.ts";
import { apiKey, apiKeyPath, createdApiKey, newApiKey, organisationPath, listQuery } from "../schemas.ts";
import type { AccessServices } from "../services.ts";

const tag = "API keys";
const access = "api-key:manage";

/** Milliseconds a key may live: a year, leap or not. */
const longest = 366 * 86_400_000;

export function apiKeyRoutes({ app }: AccessServices): Route[] {
  return [
    route({
      method: "post",
      path: "/organisations/:organisationId/api-keys",
      operationId: "createApiKey",
      summary: "Makes a key, for the caller or for a service account, with permissions the caller has",
      tag,
      access,
      params: organisationPath,
      body: newApiKey,
      responses: { 201: { description: "Created; the key itself is in this answer only", body: createdApiKey } },
      handle: async (input) => {
        requireNoKey(input.identity);
        const actor = actorOf(input.identity, input.organisationId);
        const key = { ...input.body, expiresAt: expiry(input.body.expiresAt) };
        const body = await change(app, input, (query) => createApiKey(query, actor, key));
        return { status: 201, headers: { "cache-control": "no-store" }, body };
      },
    }),
    route({
      method: "get",
      path: "/organisations/:organisationId/api-keys",
      operationId: "listApiKeys",
      summary: "The keys that were not revoked, newest first",
      tag,
      access,
      params: organisationPath,
      query: listQuery,
      responses: { 200: { description: "A page of keys", body: pageOf(apiKey) } },
      handle: async (input) => {
        const { organisationId, query: page } = input;
        const body = await look(app, input, (query) =>
          pageById(
            "api-keys",
            page,
            (limit, beyond) => listApiKeys(query, organisationId, limit, beyond),
            ({ id }) => id,
          ),
        );
        return { status: 200, body };
      },
    }),
    route({
      method: "delete",
      path: "/organisations/:organisationId/api-keys/:apiKeyId",
      operationId: "revokeApiKey",
      summary: "Makes a key void",
      tag,
      access,
      params: apiKeyPath,
      responses: { 204: { description: "Void within a second" } },
      handle: async (input) => {
        const actor = actorOf(input.identity, input.organisationId);
        await change(app, input, (query) => revokeApiKey(query, actor, input.params.apiKeyId));
        return { status: 204 };
      },
    }),
  ];
}

/** @throws Problem invalid_request */
function expiry(text: string): Date {
  const at = new Date(text);
  const left = at.getTime() - Date.now();
  if (left > 0 && left <= longest) return at;
  throw new Problem("invalid_request", {
    errors: [{ path: "body.expiresAt", message: "must be in the future, a year from now at most" }],
  });
}
