import { createApp as assemble, type AppOptions } from "@purlin/kit/http";
import { openApiDocument } from "@purlin/kit/openapi";
import { mountReference } from "@purlin/kit/reference";
import { graphqlRoutes } from "./graphql/routes.ts";
import { routes } from "./routes.ts";
import type { Services } from "./services.ts";

/** The OpenAPI document of everything the API has. */
function describeApi(services: Services, url: string, version: string) {
  return openApiDocument(
    {
      title: "Purlin API",
      version,
      description:
        "Projects, tasks and what is around them, by organisation. Send an access token or an API key as `Authorization: Bearer`. " +
        "Answers to writes carry `x-consistency-token`: send it with the next read to see your own write at once.",
      url,
    },
    routes(services),
  );
}

/** The API as an Express app, listening nowhere. */
export function createApp(
  services: Services,
  options: Pick<AppOptions, "metrics" | "readiness" | "authenticator" | "limit"> & { url: string; version: string },
) {
  return assemble({
    ...options,
    logger: services.logger,
    routes: [...routes(services), ...graphqlRoutes(services)],
    jsonLimit: 256 * 1024,
    extend: (app) => mountReference(app, describeApi(services, options.url, options.version)),
  });
}
