import { createAuthenticator } from "@purlin/kit/authenticator";
import { ownTokens, trustedIssuers } from "@purlin/kit/authenticator-settings";
import type { Logger } from "@purlin/kit/logger";
import type { Metrics } from "@purlin/kit/metrics";
import { createDatabase } from "@purlin/kit/postgres";
import { createRateLimit } from "@purlin/kit/rate-limit";
import type { Check } from "@purlin/kit/readiness";
import { createRedis } from "@purlin/kit/redis";
import { createAccountSource } from "./accounts/account-source.ts";
import { startAccounts } from "./accounts/accounts.ts";
import { startChores } from "./accounts/chores.ts";
import type { AuthConfig } from "./config.ts";
import { findUser } from "./accounts/users.ts";
import { linkIdentity } from "./federation/linking.ts";
import { createFederationServices } from "./federation/services.ts";
import { createOidcServices } from "./oidc/services.ts";
import { loadAssets } from "./pages/assets.ts";
import { renderPage, type Site } from "./pages/layout.ts";

export type AuthServices = ReturnType<typeof connect>["services"];

/** Connects to everything the service needs; gives the checks that watch it and the way to let go of it. */
export function connect(config: AuthConfig, logger: Logger, metrics: Metrics) {
  const { PUBLIC_URL: issuer, AUTH_SECRET: secret, SERVICE_INSTANCE: instance } = config;
  const auth = createDatabase(config, logger, metrics, instance);
  const app = createDatabase(appDatabase(config), logger, named("app", metrics), instance);
  const redis = createRedis(config.REDIS_CACHE_URL, config.REDIS_KEY_PREFIX, logger);
  const site: Site = {
    brand: config.BRAND_NAME,
    href: (path) => new URL(issuer + path).pathname,
    assets: loadAssets(),
  };

  const links = createFederationServices({
    ...{ auth, app, issuer, secret, providers: config.providers },
    linkIdentity: async (accountId, identity) => {
      const user = await findUser(auth.readPrimary, accountId);
      if (user) await linkIdentity(accounts.services, user, identity); // accounts come after, as below
    },
  });
  const oidc = createOidcServices({
    ...{ config, audience: ownTokens(config).audience, auth, app, logger, metrics },
    findAccount: (id) => source.find(id), // accounts come after: they end sessions
    renderPage: (page) => renderPage(site, page),
    pendingLinks: links.pendingLinks,
  });
  const accounts = startAccounts({
    ...{
      settings: config,
      publicUrl: issuer,
      key: secret,
      db: auth,
      app,
      redis,
      sessions: oidc.sessions,
      lets: links.lets,
      logger,
      metrics,
    },
  });
  const source = createAccountSource(accounts.services);
  const federation = links.createFederation(source);
  const authenticator = createAuthenticator({ db: app, redis, issuers: issuers(config), logger, metrics });
  const chores = startChores(oidc.chores, logger);

  const checks: Check[] = [
    { name: "postgres-primary", required: true, probe: auth.checkPrimary },
    { name: "postgres-app-primary", required: true, probe: app.checkPrimary },
    { name: "postgres-replicas", required: false, probe: auth.checkReplicas },
    { name: "postgres-app-replicas", required: false, probe: app.checkReplicas },
    { name: "keys", required: true, probe: oidc.current.get },
    { name: "redis-cache", required: false, probe: () => redis.ping() },
  ];
  const close = [
    { name: "chores", run: chores.close },
    { name: "accounts", run: accounts.close },
    { name: "postgres", run: auth.close },
    { name: "postgres-app", run: app.close },
    { name: "redis", run: () => redis.disconnect() },
  ];
  const services = {
    ...oidc,
    logger,
    auth,
    app,
    redis,
    issuer,
    site,
    accounts: accounts.services,
    federation,
    identities: links.identities,
    authenticator,
    limit: createRateLimit({ limits: config.RATE_LIMITS, redis, logger, metrics }),
  };
  return { services, checks, close };
}

/** The database all services share, as `postgres.ts` wants its settings. */
function appDatabase(config: AuthConfig) {
  return {
    POSTGRES_PRIMARY_URL: config.POSTGRES_APP_PRIMARY_URL,
    POSTGRES_REPLICA_URLS: config.POSTGRES_APP_REPLICA_URLS,
    POSTGRES_CA_FILE: config.POSTGRES_APP_CA_FILE,
    POSTGRES_POOL_MAX: config.POSTGRES_APP_POOL_MAX,
  };
}

/** Tells the pools of the second database from those of the first. */
function named(prefix: string, metrics: Metrics): Metrics {
  return { ...metrics, pool: (node, pool) => metrics.pool(`${prefix}-${node}`, pool) };
}

/** Whose tokens open this service's own API. Our own keys we ask ourselves for, not by way of the gateway. */
function issuers(config: AuthConfig) {
  const trusted = trustedIssuers({ ...config, TOKEN_ISSUER: config.PUBLIC_URL });
  const jwksUrl = `http://${config.HOST}:${config.PORT}/jwks`;
  return trusted.map((issuer) => (issuer.claims === undefined ? { ...issuer, jwksUrl } : issuer));
}
