import { createApp as assemble, type AppOptions } from "@purlin/kit/http";
import { openApiDocument } from "@purlin/kit/openapi";
import { mountReference } from "@purlin/kit/reference";
import type { Route } from "@purlin/kit/route";
import type { Express } from "express";
import { accessRoutes } from "./access/routes.ts";
import { recordSignIn } from "./accounts/journal.ts";
import type { AccountServices } from "./accounts/services.ts";
import { admitUser } from "./accounts/sign-in.ts";
import { findUser } from "./accounts/users.ts";
import { mountFederation } from "./federation/mount.ts";
import { mountProvider } from "./oidc/mount.ts";
import { mountPages } from "./pages/mount.ts";
import type { AuthServices } from "./services.ts";

/** Managing organisations, members and keys, as JSON. */
function routes({ accounts, authenticator }: AuthServices): Route[] {
  return accessRoutes({ ...accounts, authenticator });
}

/** The OpenAPI document of those. What OAuth clients talk to has standards instead, and discovery. */
function describeAccess(services: AuthServices, version: string) {
  return openApiDocument(
    {
      title: "Purlin access",
      version,
      description:
        "Organisations and who may do what in them. Send an access token or an API key as `Authorization: Bearer`. " +
        "Signing in itself is OAuth 2.1 and OpenID Connect: see `/.well-known/openid-configuration`.",
      url: services.issuer,
    },
    routes(services),
  );
}

/** What browsers and OAuth clients see. */
function extend(app: Express, services: AuthServices): void {
  mountProvider(app, services.current, services.issuer);
  mountFederation(app, { ...services, ...externalSignIns(services.accounts) });
  mountPages(app, { ...services, providers: services.federation.providers });
}

/** Signing in elsewhere ends as signing in here does: disabled accounts stay out, and the account's history has it. */
function externalSignIns(accounts: AccountServices) {
  return {
    admit: async (accountId: string) => {
      const user = await findUser(accounts.db.readPrimary, accountId);
      return user !== undefined && admitUser(accounts, user, "external");
    },
    refused: () => recordSignIn(accounts, { method: "external", result: "failure", userId: undefined }),
  };
}

/** The auth service as an Express app, listening nowhere. */
export function createApp(
  services: AuthServices,
  options: Pick<AppOptions, "metrics" | "readiness"> & { version: string },
) {
  return assemble({
    ...options,
    logger: services.logger,
    authenticator: services.authenticator,
    limit: services.limit,
    routes: routes(services),
    jsonLimit: 64 * 1024,
    extend: (app) => {
      mountReference(app, describeAccess(services, options.version));
      extend(app, services);
    },
  });
}
