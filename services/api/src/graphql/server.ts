import { createYoga } from "graphql-yoga";
import type { Services } from "../services.ts";
import type { GraphqlContext } from "./context.ts";
import { clientError } from "./errors.ts";
import { hideSchema, limitCost, limitDocuments, limits } from "./limits.ts";
import { automaticPersistedQueries, trustedOperations } from "./persisted-operations.ts";
import { spendPoints } from "./points.ts";
import { schema } from "./schema.ts";

/** The GraphQL engine, on nobody's port: see routes.ts. */
export function createGraphql(services: Services) {
  const { logger, redis, graphql } = services;
  const { introspection, operations } = graphql;
  return createYoga<GraphqlContext>({
    schema,
    batching: false,
    cors: false, // the gateway's
    graphiql: false,
    landingPage: false,
    multipart: false,
    logging: false, // what is worth a line is logged where it is turned into an answer
    maskedErrors: { maskError: (error) => clientError(error, { logger, suggestions: introspection }) },
    plugins: [
      ...(operations ? [trustedOperations(operations)] : automaticPersistedQueries(redis)),
      ...limitDocuments(limits),
      ...(introspection ? [] : [hideSchema()]),
      limitCost<GraphqlContext>(limits.cost, ({ identity }, cost) => spendPoints(redis, identity, cost)),
    ],
  });
}
