import type { Request, Response } from "express";
import { z } from "zod";
import { Problem, type FieldProblem } from "./problems.ts";

type Method = "get" | "post" | "put" | "patch" | "delete";

/** One endpoint: what it answers to and how. */
export interface Route {
  method: Method;
  /** Path template, `/records/:id`; also the `route` label of its metrics. */
  path: string;
  handle: (request: Request, response: Response) => Promise<void>;
}

interface Definition<P, Q, B> {
  method: Method;
  path: string;
  params?: z.ZodType<P>;
  query?: z.ZodType<Q>;
  body?: z.ZodType<B>;
  handle: (input: { params: P; query: Q; body: B; request: Request; response: Response }) => Promise<void>;
}

/**
 * An endpoint whose path parameters, query and body are checked before it runs; what is wrong with any of them
 * is answered at once, as `invalid_request`. A part without a schema reaches `handle` as undefined.
 */
export function route<P = undefined, Q = undefined, B = undefined>(definition: Definition<P, Q, B>): Route {
  const absent = z.undefined();
  const schema = z.object({
    params: definition.params ?? absent,
    query: definition.query ?? absent,
    body: definition.body ?? absent,
  });
  return {
    method: definition.method,
    path: definition.path,
    handle: async (request, response) => {
      const result = schema.safeParse({
        params: definition.params && request.params,
        query: definition.query && request.query,
        body: definition.body && readBody(request),
      });
      if (!result.success) throw new Problem("invalid_request", { errors: result.error.issues.flatMap(fieldProblems) });
      const { params, query, body } = result.data as { params: P; query: Q; body: B };
      await definition.handle({ params, query, body, request, response });
    },
  };
}

/** A JSON body; one sent as anything else was not parsed, and says so instead of looking empty. */
function readBody(request: Request): unknown {
  const type = request.headers["content-type"];
  if (request.body === undefined && type !== undefined && !request.is("json")) {
    throw new Problem("unsupported_media_type", { detail: `send application/json, not ${type.slice(0, 100)}` });
  }
  return request.body;
}

function fieldProblems(issue: z.core.$ZodIssue): FieldProblem[] {
  const at = issue.path.map(String).join(".");
  if (issue.code !== "unrecognized_keys") return [{ path: at, message: issue.message }];
  return issue.keys.map((key) => ({ path: `${at}.${key}`, message: "is not a known field" }));
}
