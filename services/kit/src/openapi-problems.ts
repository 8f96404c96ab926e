import type { Json } from "./openapi-schema.ts";
import { problems, type ProblemCode } from "./problems.ts";
import type { Route } from "./route.ts";

/**
 * The problems a route may answer with, by status: its own, and those any route like it may meet. Documentation of a
 * status names its codes, and so does its schema.
 */
export function problemResponses(route: Route): Json {
  const byStatus = Map.groupBy(new Set(codesOf(route)), (code) => problems[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map((code) => `\`${code}\`: ${problems[code].title}`).join("; "),
        headers: headersOf(status),
        content: { "application/problem+json": { schema: schemaFor(status, codes) } },
      },
    ]),
  );
}

/** Any route may be asked with a parameter it does not know. */
function codesOf(route: Route): ProblemCode[] {
  const codes: ProblemCode[] = ["invalid_request", "internal", "unavailable", "too_many_requests", ...route.problems];
  if (route.body) codes.push("malformed_body", "body_too_large", "unsupported_media_type");
  if (route.access !== "public") codes.push("unauthorized");
  if (route.access !== "public" && route.access !== "signed-in") codes.push("forbidden", "not_found");
  return codes;
}

function headersOf(status: number): Json {
  return {
    "x-request-id": { $ref: "#/components/headers/x-request-id" },
    ...(status === 401 && { "www-authenticate": { $ref: "#/components/headers/www-authenticate" } }),
    ...((status === 429 || status === 503) && { "retry-after": { $ref: "#/components/headers/retry-after" } }),
  };
}

function schemaFor(status: number, codes: readonly ProblemCode[]): Json {
  return {
    allOf: [
      { $ref: "#/components/schemas/Problem" },
      { properties: { status: { const: status }, code: { enum: codes } } },
    ],
  };
}

/** RFC 9457. */
export const problemSchema = {
  type: "object",
  description: "An error (RFC 9457). `code` is permanent: switch on it.",
  properties: {
    type: { type: "string", format: "uri" },
    title: { type: "string" },
    status: { type: "integer", minimum: 400, maximum: 599 },
    code: { type: "string", enum: Object.keys(problems) },
    detail: { type: "string", description: "What happened this time." },
    errors: {
      type: "array",
      description: "Everything that is wrong with the request.",
      items: {
        type: "object",
        properties: {
          path: { type: "string", description: "`body.title`, `query.limit`." },
          message: { type: "string" },
        },
        required: ["path", "message"],
        additionalProperties: false,
      },
    },
    requestId: { type: "string", description: "Name it when you ask for help." },
  },
  required: ["type", "title", "status", "code"],
  additionalProperties: false,
  examples: [
    {
      type: "urn:purlin:problem:not_found",
      title: "Not found",
      status: 404,
      code: "not_found",
      detail: "there is no such task",
      requestId: "0198c2f5-7d6e-7c3a-9a4e-2f6d1c0b9a87",
    },
  ],
};
