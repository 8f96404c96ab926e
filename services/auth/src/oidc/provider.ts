import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Database } from "@purlin/kit/postgres";
import type { Logger } from "@purlin/kit/logger";
import { isOutage } from "@purlin/kit/problems";
import { Provider, type KoaContextWithOIDC } from "oidc-provider";
import type { ProviderKeys } from "../keys/provider-keys.ts";
import { createAdapter, type AdapterOptions } from "./adapter.ts";
import { createConfiguration, type ConfigurationOptions } from "./configuration.ts";
import { markEnded } from "./ended-sessions.ts";
import type { OidcMetrics } from "./metrics.ts";
import { digest } from "./objects.ts";
import { isServiceAccount, type ServiceAccounts } from "./service-accounts.ts";

export interface ProviderOptions extends ConfigurationOptions, Omit<AdapterOptions, "onSuccessor"> {
  db: Database;
  logger: Logger;
  metrics: OidcMetrics;
}

/** The provider with one set of keys. Its state is all in the adapter: any instance can go on where another stopped. */
export function createProvider(options: ProviderOptions, keys: ProviderKeys): Provider {
  const successors = new WeakMap<object, string>();
  const adapter = createAdapter({
    ...options,
    onSuccessor: (token) => Provider.ctx && successors.set(Provider.ctx, token),
  });
  const provider = new Provider(options.issuer, createConfiguration(options, keys, adapter));
  provider.proxy = true; // mount.ts writes the headers that are then believed
  chooseRefreshTokens(provider, successors);
  checkSecrets(provider, options.serviceAccounts);
  finishSignOut(provider, options.db);
  answerOutages(provider, options.logger);
  withoutScripts(provider, options);
  count(provider, options);
  return provider;
}

/** A refresh token that follows another has the value its rotation chose. */
function chooseRefreshTokens(provider: Provider, successors: WeakMap<object, string>): void {
  const generateTokenId = () => (Provider.ctx && successors.get(Provider.ctx)) ?? randomBytes(32).toString("base64url");
  Object.defineProperty(provider.RefreshToken.prototype, "generateTokenId", { value: generateTokenId });
}

/** Secrets of service accounts are API keys, of which only hashes are kept. To override this method is the way meant for that. */
function checkSecrets(provider: Provider, serviceAccounts: ServiceAccounts): void {
  Object.defineProperty(provider.Client.prototype, "compareClientSecret", {
    value: async function compare(this: { clientId: string; clientSecret?: string }, given: string) {
      if (!isServiceAccount(this.clientId)) {
        return this.clientSecret !== undefined && timingSafeEqual(digest(this.clientSecret), digest(given));
      }
      const permissions = await serviceAccounts.permissionsOf(this.clientId, given);
      if (permissions) narrow(Provider.ctx, permissions);
      return permissions !== undefined;
    },
  });
}

/** What the request asks for, as far as the key goes; all of that where it asks for nothing or everything. */
function narrow(context: KoaContextWithOIDC | undefined, permissions: string[]): void {
  const { params, requestParamScopes } = context?.oidc ?? {};
  if (!params || !requestParamScopes) return;
  const all = requestParamScopes.size === 0 || requestParamScopes.has("platform");
  params["scope"] = permissions.filter((permission) => all || requestParamScopes.has(permission)).join(" ");
}

/** A session that was signed out is not brought back by a request that is still under way. */
function finishSignOut(provider: Provider, db: Database): void {
  const destroyed = new WeakMap<object, string>();
  provider.on("session.destroyed", ({ uid }) => Provider.ctx && destroyed.set(Provider.ctx, uid));
  provider.use(async (context, next) => {
    await next();
    const uid = destroyed.get(context);
    if (uid !== undefined) await db.write((query) => markEnded(query, uid));
  });
}

/** What fails because something is away for a while says so: clients may try again. */
function answerOutages(provider: Provider, logger: Logger): void {
  const away = new WeakSet();
  provider.on("server_error", (context, error) => {
    if (isOutage(error)) away.add(context);
    logger.error({ err: error, route: context.oidc.route }, "the provider failed");
  });
  provider.onerror = (error) => logger.error({ err: error }, "the provider failed"); // Koa would write it to stderr
  provider.use(async (context, next) => {
    await next();
    if (!away.has(context)) return;
    context.status = 503;
    context.set("retry-after", "1");
    if (typeof context.body === "object") context.body = { error: "temporarily_unavailable" }; // else a page
  });
}

/** oidc-provider submits some forms by an inline script, which the content security policy does not let run. */
function withoutScripts(provider: Provider, { views }: ProviderOptions): void {
  provider.use(async (context, next) => {
    await next();
    if (isOidcContext(context) && typeof context.body === "string" && context.body.includes("<script>")) {
      views.continueForm(context, context.body);
    }
  });
}

function isOidcContext(context: object): context is KoaContextWithOIDC {
  return "oidc" in context;
}

function count(provider: Provider, { metrics, logger }: ProviderOptions): void {
  provider.on("grant.success", (context) => metrics.issued(String(context.oidc.params?.["grant_type"])));
  provider.on("grant.error", (_context, error) => metrics.refused(error.error));
  provider.on("backchannel.success", () => metrics.backchannelLogout("told"));
  provider.on("backchannel.error", (_context, error, client) => {
    metrics.backchannelLogout("failed");
    logger.warn({ err: error, client: client.clientId }, "a client was not told of a sign-out");
  });
}
