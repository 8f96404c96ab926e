import { acknowledge, seenBy } from "@purlin/kit/consistency";
import type { Identity } from "@purlin/kit/identity";
import { Problem } from "@purlin/kit/problems";
import { route, type Method, type Route } from "@purlin/kit/route";
import type { Request, Response } from "express";
import { z } from "zod";
import type { Services } from "../services.ts";
import { createContext } from "./context.ts";
import { createGraphql } from "./server.ts";

/**
 * GraphQL over HTTP, by POST and for queries by GET. A request comes here on the same way as any other: authenticated, counted;
 * what its fields need is authorised where they are answered. Its own document is the schema, so that OpenAPI has nothing of it.
 * https://graphql.github.io/graphql-over-http/draft/
 */
export function graphqlRoutes(services: Services): Route[] {
  const yoga = createGraphql(services);
  const answer = async (identity: Identity, request: Request, response: Response) => {
    const context = createContext(services, identity, seenBy(request));
    const result = await yoga.handleNodeRequestAndResponse(request, response, context);
    const body = await result.text();
    const written = context.written();
    if (written) acknowledge(response, written);
    response.status(result.status).set(Object.fromEntries(result.headers)).set("cache-control", "no-store").send(body);
    return undefined;
  };
  const described = (method: Method) => ({
    method,
    path: "/graphql",
    operationId: method === "get" ? "queryGraphql" : "runGraphql",
    summary: "GraphQL",
    tag: "GraphQL",
    access: "signed-in" as const,
    query: z.looseObject({}), // yoga reads it
    responses: { 200: { description: "The result.", contentType: "application/graphql-response+json" } },
  });
  return [
    route({ ...described("get"), handle: ({ identity, request, response }) => answer(identity, request, response) }),
    route({
      ...described("post"),
      handle: ({ identity, request, response }) => {
        // a type that a page of another origin cannot send unasked
        if (!request.is("json")) throw new Problem("unsupported_media_type", { detail: "send application/json" });
        if (request.body === undefined) throw new Problem("malformed_body", { detail: "the body is empty" });
        return answer(identity, request, response);
      },
    }),
  ];
}
