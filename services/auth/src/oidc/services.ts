import type { Database } from "@purlin/kit/postgres";
import type { Logger } from "@purlin/kit/logger";
import type { Metrics } from "@purlin/kit/metrics";
import type { Chore } from "../accounts/chores.ts";
import type { AuthConfig } from "../config.ts";
import { keyPolicies } from "../keys/provider-keys.ts";
import type { AccountSource } from "./accounts.ts";
import { createBackchannelLogout } from "./backchannel-logout.ts";
import { createClients } from "./clients.ts";
import { createCurrentProvider } from "./current-provider.ts";
import { createGrantRevocation } from "./grants.ts";
import { removeExpiredObjects } from "./housekeeping.ts";
import { createInteractions, type InteractionOptions } from "./interactions.ts";
import { createOidcMetrics } from "./metrics.ts";
import { createObjects } from "./objects.ts";
import { createProvider } from "./provider.ts";
import { createRotation } from "./rotation.ts";
import { createServiceAccounts } from "./service-accounts.ts";
import { createSessions } from "./sessions.ts";
import { createViews, type RenderPage } from "./views.ts";

export interface OidcOptions {
  config: AuthConfig;
  audience: string;
  auth: Database;
  app: Database;
  logger: Logger;
  metrics: Metrics;
  findAccount: AccountSource["find"];
  renderPage: RenderPage;
  pendingLinks: InteractionOptions["pendingLinks"];
}

/** The provider and what goes with it. */
export function createOidcServices(options: OidcOptions) {
  const { config, audience, auth, app, logger } = options;
  const { PUBLIC_URL: issuer, AUTH_SECRET: secret, AUTH_REFRESH_GRACE_SECONDS: grace } = config;
  const clients = createClients(config.PLATFORM_URL, issuer, config.AUTH_CLIENTS);
  const metrics = createOidcMetrics(options.metrics);
  const objects = createObjects(secret, grace);
  const revokeGrants = createGrantRevocation(auth, app);
  const provider = {
    ...{ issuer, audience, secret, clients, db: auth, objects, revokeGrants, metrics, logger },
    rotate: createRotation(auth, secret, grace),
    serviceAccounts: createServiceAccounts(app),
    accounts: { find: options.findAccount },
    views: createViews(options.renderPage),
  };
  const current = createCurrentProvider({
    ...{ db: auth, secret, logger, policies: keyPolicies(config.AUTH_KEY_DAYS) },
    create: (keys) => createProvider(provider, keys),
  });
  const logout = createBackchannelLogout(current, logger, metrics);
  const chores: Chore[] = [
    // far more often than a key is published before its use
    { name: "keys", every: 60_000, run: () => current.refresh().then(() => false) },
    { name: "expired objects", every: 600_000, run: () => removeExpiredObjects(auth, app) },
  ];
  return {
    current,
    chores,
    interactions: createInteractions({ current, clients, issuer, pendingLinks: options.pendingLinks }),
    sessions: createSessions({ auth, app, objects, clients, current, revokeGrants, logout }),
  };
}
