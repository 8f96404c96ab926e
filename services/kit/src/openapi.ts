import { z } from "zod";
import { problems, type ProblemCode } from "./problems.ts";
import type { ResponseDefinition, Route } from "./route.ts";

export interface ApiInfo {
  title: string;
  version: string;
  description: string;
  /** Where clients reach it, with its path prefix. */
  url: string;
}

type Json = Record<string, unknown>;

const parametersShape = z.object({
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  required: z.array(z.string()).optional(),
});

/**
 * The OpenAPI 3.1 document of the routes, made of the schemas that validate. Schemas with `.meta({ id })` become
 * named components. https://spec.openapis.org/oas/v3.1.1
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
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "Access token (RFC 9068), or an API key.",
        },
      },
    },
  };
}

function operation(route: Route, components: Json): Json {
  const secured = route.access !== "public";
  return {
    operationId: route.operationId,
    summary: route.summary,
    tags: [route.tag],
    ...(secured && route.access !== "signed-in" && { description: `Needs the permission \`${route.access}\`.` }),
    security: secured ? [{ token: [] }] : [],
    parameters: [
      ...parameters(route, "path", components),
      ...parameters(route, "query", components),
      ...headerParameters(route),
    ],
    ...(route.body && {
      requestBody: {
        required: true,
        content: { "application/json": { schema: schemaOf(route.body, "input", components) } },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.responses).map(([status, one]) => [status, response(one, components)]),
      ),
      ...problemResponses(route),
    },
  };
}

function parameters(route: Route, place: "path" | "query", components: Json): Json[] {
  const schema = place === "path" ? route.params : route.query;
  const names = place === "path" ? [...route.path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name) : undefined;
  const { properties = {}, required = [] } = schema ? parametersShape.parse(schemaOf(schema, "input", components)) : {};
  return (names ?? Object.keys(properties)).map((name) => {
    const { description, ...type } = properties[name] ?? { type: "string", format: "uuid" };
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

function response({ description, body, contentType, headers }: ResponseDefinition, components: Json): Json {
  return {
    description,
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, meaning]) => [name, { description: meaning, schema: { type: "string" } }]),
      ),
    }),
    ...(body && { content: { "application/json": { schema: schemaOf(body, "output", components) } } }),
    ...(contentType !== undefined && { content: { [contentType]: { schema: { type: "string" } } } }),
  };
}

/** Any route may meet these; a route with no parameters, query or body cannot be asked wrongly. */
function problemResponses(route: Route): Json {
  const codes: ProblemCode[] = ["internal", "unavailable", "too_many_requests", ...route.problems];
  if (route.params || route.query || route.body) codes.push("invalid_request");
  if (route.body) codes.push("malformed_body", "body_too_large", "unsupported_media_type");
  if (route.access !== "public") codes.push("unauthorized");
  if (route.access !== "public" && route.access !== "signed-in") codes.push("forbidden", "not_found");
  const byStatus = Map.groupBy(new Set(codes), (code) => problems[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, some]) => [
      String(status),
      {
        description: some.map((code) => `\`${code}\`: ${problems[code].title}`).join("; "),
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    ]),
  );
}

const problemSchema = {
  type: "object",
  description: "An error (RFC 9457). `code` is permanent: switch on it.",
  properties: {
    type: { type: "string", format: "uri" },
    title: { type: "string" },
    status: { type: "integer" },
    code: { type: "string", enum: Object.keys(problems) },
    detail: { type: "string" },
    errors: {
      type: "array",
      items: {
        type: "object",
        properties: { path: { type: "string" }, message: { type: "string" } },
        required: ["path", "message"],
      },
    },
    requestId: { type: "string" },
  },
  required: ["type", "title", "status", "code"],
};

/** JSON Schema of `schema`; what has an id is moved to `components` and referred to. */
function schemaOf(schema: z.ZodType, io: "input" | "output", components: Json): Json {
  const { $schema, $defs, ...json } = z.toJSONSchema(schema, { io, unrepresentable: "any" }) as Json & { $defs?: Json };
  const rewritten = JSON.parse(JSON.stringify({ json, $defs }).replaceAll('"#/$defs/', '"#/components/schemas/')) as {
    json: Json;
    $defs?: Json;
  };
  Object.assign(components, rewritten.$defs);
  const { id } = schema.meta() ?? {};
  if (id === undefined) return rewritten.json;
  components[id] = rewritten.json;
  return { $ref: `#/components/schemas/${id}` };
}
