import { z } from "zod";
import { headerComponents, responseHeaders } from "./openapi-headers.ts";
import { problemResponses, problemSchema } from "./openapi-problems.ts";
import { schemaOf, type Json } from "./openapi-schema.ts";
import type { ResponseDefinition, Route } from "./route.ts";

export interface ApiInfo {
  title: string;
  version: string;
  description: string;
  /** Where clients reach it, with its path prefix. */
  url: string;
}

/**
 * The OpenAPI 3.1 document of the routes, made of the schemas that validate. Schemas with `.meta({ id })` become
 * named components. `x-permission` is what an operation asks for. https://spec.openapis.org/oas/v3.1.1
 */
export function openApiDocument(info: ApiInfo, routes: readonly Route[]): Json {
  const components: Json = {};
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method]: operation(route, components) };
  }
  return {
    openapi: "3.1.1",
    info: { title: info.title, version: info.version, description: info.description },
    servers: [{ url: info.url }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { ...components, Problem: problemSchema },
      headers: headerComponents,
      securitySchemes,
    },
  };
}

const securitySchemes = {
  bearer: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "An access token (RFC 9068) or an API key (`plk_…`).",
  },
  dpop: {
    type: "http",
    scheme: "dpop",
    description: "An access token that is bound to a key, with a proof of that key in the `DPoP` header (RFC 9449).",
  },
};

function operation(route: Route, components: Json): Json {
  const { access } = route;
  const permission = access === "public" || access === "signed-in" ? undefined : access;
  return {
    operationId: route.operationId,
    summary: route.summary,
    tags: [route.tag],
    ...(permission !== undefined && {
      description: `Needs the permission \`${permission}\` in the organisation.`,
      "x-permission": permission,
    }),
    security: access === "public" ? [] : [{ bearer: [] }, { dpop: [] }],
    parameters: [
      ...parameters(route, "path", components),
      ...parameters(route, "query", components),
      ...headerParameters(route),
    ],
    ...requestBody(route, components),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.responses).map(([status, one]) => [status, response(route, one, components)]),
      ),
      ...problemResponses(route),
    },
  };
}

const parametersShape = z.object({
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  required: z.array(z.string()).optional(),
});

function parameters(route: Route, place: "path" | "query", components: Json): Json[] {
  const schema = place === "path" ? route.params : route.query;
  const names = place === "path" ? [...route.path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name) : undefined;
  const { properties = {}, required = [] } = schema ? parametersShape.parse(schemaOf(schema, "input", components)) : {};
  return (names ?? Object.keys(properties)).map((name) => {
    const { description, ...type } = properties[name] ?? { type: "string" };
    return {
      name,
      in: place,
      required: place === "path" || required.includes(name),
      ...(description !== undefined && { description }),
      schema: type,
    };
  });
}

/** A route that answers `precondition_required` cannot do without `if-match`. */
function headerParameters({ requestHeaders, problems: codes }: Route): Json[] {
  return Object.entries(requestHeaders).map(([name, description]) => ({
    name,
    in: "header",
    required: name === "if-match" && codes.includes("precondition_required"),
    description,
    schema: { type: "string" },
  }));
}

function requestBody({ body, upload }: Route, components: Json): Json {
  if (body) {
    const schema = schemaOf(body, "input", components);
    return { requestBody: { required: true, content: { "application/json": { schema } } } };
  }
  if (!upload) return {};
  const { description, contentType } = upload;
  return { requestBody: { required: true, description, content: { [contentType]: { schema: { type: "string" } } } } };
}

function response(route: Route, definition: ResponseDefinition, components: Json): Json {
  const { description, body, contentType } = definition;
  return {
    description,
    headers: responseHeaders(route, definition),
    ...(body && { content: { "application/json": { schema: schemaOf(body, "output", components) } } }),
    ...(contentType !== undefined && { content: { [contentType]: { schema: { type: "string" } } } }),
  };
}
