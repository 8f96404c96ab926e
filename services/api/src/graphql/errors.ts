import type { Logger } from "@purlin/kit/logger";
import { problemFrom, type Problem } from "@purlin/kit/problems";
import { requestContext } from "@purlin/kit/request-context";
import { GraphQLError } from "graphql";

export interface ErrorOptions {
  logger: Logger;
  /** Whether a client may be told what the schema has that it got nearly right. */
  suggestions: boolean;
}

/**
 * What a client is told of an error: a problem of the table with its code in `extensions`, as REST tells it; what the
 * GraphQL engine found wrong with the request; anything else is `internal`, and logged.
 */
export function clientError(error: unknown, { logger, suggestions }: ErrorOptions): GraphQLError {
  const cause = originOf(error);
  if (cause instanceof GraphQLError) return suggestions ? cause : withoutSuggestions(cause);
  const problem = problemFrom(cause);
  if (problem.status >= 500) logger.error({ err: problem.cause ?? problem }, "field failed");
  const place = error instanceof GraphQLError ? { nodes: error.nodes ?? null, path: error.path ?? null } : {};
  return new GraphQLError(problem.message, { ...place, extensions: extensionsOf(problem) });
}

function extensionsOf(problem: Problem): Record<string, unknown> {
  const { errors } = problem.options;
  return { code: problem.code, ...(errors && { errors }), requestId: requestContext.getStore()?.requestId };
}

/** Resolvers' errors come wrapped, with the place they were thrown at. */
function originOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? originOf(error.originalError) : error;
}

/** "Did you mean …?" lists the schema to whoever guesses. */
export function withoutSuggestions(error: GraphQLError): GraphQLError {
  const message = error.message.replace(/ Did you mean [^]*\?$/, "");
  if (message === error.message) return error;
  return new GraphQLError(message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    path: error.path ?? null,
    extensions: error.extensions,
  });
}
