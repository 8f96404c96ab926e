import type { Request, Response } from "express";
import { z } from "zod";
import type { Identity } from "./identity.ts";
import type { Permission } from "./permissions.ts";
import { Problem, type FieldProblem, type ProblemCode } from "./problems.ts";

export type Method = "get" | "post" | "put" | "patch" | "delete";

/**
 * Who may call a route. A permission is asked in the organisation that the path names as `:organisationId`;
 * `signed-in` asks only that the caller is known; `public` asks nothing.
 */
export type Access = "public" | "signed-in" | Permission;

/** One answer a route gives when all is well. Problems are documented from `problems` and what every route may say. */
export interface ResponseDefinition {
  description: string;
  /** Schema of the JSON body. Absent: no body, or one of `contentType`. */
  body?: z.ZodType;
  /** Media type of a body that is not JSON. */
  contentType?: string;
  /** Headers of its own, with what they mean. */
  headers?: Record<string, string>;
}

export interface Upload {
  contentType: string;
  description: string;
}

export type Responses = Record<number, ResponseDefinition>;

/** A JSON value of a schema's shape; where JSON has a date as text, a Date will do. */
type Json<T> = T extends string
  ? string extends T
    ? T | Date
    : T
  : T extends readonly (infer U)[]
    ? readonly Json<U>[]
    : T extends object
      ? { [K in keyof T]: Json<T[K]> }
      : T;

/** What a handler gives back: one of the route's responses. Undefined: it has written the response itself. */
export type Answer<R extends Responses> = {
  [S in keyof R & number]: {
    status: S;
    headers?: Record<string, string>;
  } & (R[S] extends { body: infer B extends z.ZodType } ? { body: Json<z.output<B>> } : { body?: string | Buffer });
}[keyof R & number];

export interface Input<P, Q, B, A extends Access> {
  params: P;
  query: Q;
  body: B;
  /** Always there unless the route is public. */
  identity: A extends "public" ? Identity | undefined : Identity;
  /** The organisation of the path, which the caller has the route's permission in. */
  organisationId: A extends Permission ? string : undefined;
  request: Request;
  response: Response;
}

interface Definition<P, Q, B, A extends Access, R extends Responses> {
  method: Method;
  /** Path template, `/organisations/:organisationId/projects`; also the `route` label of its metrics. */
  path: string;
  /** Unique in the service, a verb and a noun: `createProject`. */
  operationId: string;
  /** One line for the reference. */
  summary: string;
  tag: string;
  access: A;
  params?: z.ZodType<P>;
  query?: z.ZodType<Q>;
  body?: z.ZodType<B>;
  /** A body that is not JSON and that the handler reads itself; for the reference. */
  upload?: Upload;
  /** Request headers it looks at, with what they mean; for the reference. */
  requestHeaders?: Record<string, string>;
  responses: R;
  /** Problems of its own, besides those every route may answer with. */
  problems?: readonly ProblemCode[];
  handle: (input: Input<P, Q, B, A>) => Promise<Answer<NoInfer<R>> | undefined>;
}

/** One endpoint: what it answers to and how. */
export interface Route {
  method: Method;
  path: string;
  operationId: string;
  summary: string;
  tag: string;
  access: Access;
  params: z.ZodType | undefined;
  query: z.ZodType | undefined;
  body: z.ZodType | undefined;
  upload: Upload | undefined;
  requestHeaders: Record<string, string>;
  responses: Responses;
  problems: readonly ProblemCode[];
  /** Checks the input and runs the route's own work, for a caller who was found to be allowed to. */
  handle: (caller: {
    identity: Identity | undefined;
    organisationId: string | undefined;
    request: Request;
    response: Response;
  }) => Promise<{ status: number; headers?: Record<string, string>; body?: unknown } | undefined>;
}

/**
 * An endpoint whose path parameters, query and body are checked before it runs; what is wrong with any of them
 * is answered at once, as `invalid_request`. A part without a schema reaches `handle` as undefined.
 */
export function route<A extends Access, R extends Responses, P = undefined, Q = undefined, B = undefined>(
  definition: Definition<P, Q, B, A, R>,
): Route {
  const absent = z.undefined();
  const schema = z.object({
    params: definition.params ?? absent,
    query: definition.query ?? noParameters,
    body: definition.body ?? absent,
  });
  return {
    ...definition,
    params: definition.params,
    query: definition.query,
    body: definition.body,
    upload: definition.upload,
    requestHeaders: definition.requestHeaders ?? {},
    problems: definition.problems ?? [],
    handle: async ({ identity, organisationId, request, response }) => {
      const result = schema.safeParse({
        params: definition.params && request.params,
        query: request.query,
        body: definition.body && readBody(request),
      });
      if (!result.success) throw new Problem("invalid_request", { errors: fieldProblems(result.error) });
      const { params, query, body } = result.data as { params: P; query: Q; body: B };
      const caller = { identity, organisationId } as Pick<Input<P, Q, B, A>, "identity" | "organisationId">; // http.ts has checked `access`
      return definition.handle({ params, query, body, ...caller, request, response });
    },
  };
}

/** A parameter nobody looks at is a mistake of the sender's. */
const noParameters = z.strictObject({}).transform(() => undefined);

/** A JSON body; one sent as anything else was not parsed, and says so instead of looking empty. */
function readBody(request: Request): unknown {
  const type = request.headers["content-type"];
  if (request.body === undefined && type !== undefined && !request.is("json")) {
    throw new Problem("unsupported_media_type", { detail: `send application/json, not ${type.slice(0, 100)}` });
  }
  return request.body;
}

/** How many problems are told: an answer must not be many times as large as what caused it. */
const toldAtMost = 100;

function fieldProblems({ issues }: z.ZodError): FieldProblem[] {
  return issues.flatMap(problemsOf).slice(0, toldAtMost);
}

function problemsOf(issue: z.core.$ZodIssue): FieldProblem[] {
  const at = issue.path.map(String).join(".");
  if (issue.code !== "unrecognized_keys") return [{ path: at, message: issue.message }];
  return issue.keys.map((key) => ({ path: `${at}.${key}`, message: "is not a known field" }));
}
