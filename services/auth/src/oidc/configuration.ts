import { hkdfSync } from "node:crypto";
import { requestContext } from "@purlin/kit/request-context";
import type { AdapterFactory, Client, Configuration, FindAccount } from "oidc-provider";
import type { ProviderKeys } from "../keys/provider-keys.ts";
import type { Account, AccountSource } from "./accounts.ts";
import { clientMetadata, type Clients } from "./clients.ts";
import { loadGrant, promptPolicy } from "./consent.ts";
import { lifetimes } from "./lifetimes.ts";
import { apiResource } from "./resources.ts";
import type { Views } from "./views.ts";

export interface ConfigurationOptions {
  issuer: string;
  audience: string;
  secret: Buffer;
  clients: Clients;
  accounts: Pick<AccountSource, "find">;
  views: Views;
}

/** What is switched on of oidc-provider, and how. */
export function createConfiguration(
  options: ConfigurationOptions,
  keys: ProviderKeys,
  adapter: AdapterFactory,
): Configuration {
  const { issuer, audience, secret, clients, accounts, views } = options;
  const persistent = (clientId: string | undefined) => clients.get(clientId ?? "")?.offline === true;
  return {
    adapter,
    jwks: { keys: keys.token },
    cookies: cookies(keys.cookie),
    clients: [...clients.values()].map(clientMetadata),
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    clientAuthMethods: ["none", "client_secret_basic", "client_secret_post"],
    responseTypes: ["code", "none"],
    scopes: ["openid", "offline_access", "profile", "email"],
    claims: {
      openid: ["sub"],
      profile: ["name"],
      email: ["email", "email_verified"],
      acr: null,
      amr: null,
      auth_time: null,
      iss: null,
      sid: null,
    },
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    enabledJWA: {
      idTokenSigningAlgValues: ["ES256"],
      userinfoSigningAlgValues: ["ES256"],
      introspectionSigningAlgValues: ["ES256"],
      authorizationSigningAlgValues: ["ES256"],
      dPoPSigningAlgValues: ["ES256", "Ed25519", "EdDSA"],
    },
    routes,
    ttl: lifetimes,
    rotateRefreshToken: true,
    issueRefreshToken: (_context, client) => client.grantTypeAllowed("refresh_token"),
    expiresWithSession: ({ oidc }, { scopes }) => !scopes.has("offline_access") && !persistent(oidc.client?.clientId),
    extraTokenClaims: (_context, token) => ("grantId" in token ? { sid: token.grantId } : undefined),
    findAccount: findAccount(accounts),
    loadExistingGrant: (context) => loadGrant(context, clients),
    interactions: { policy: promptPolicy(), url: (_context, { uid }) => `${issuer}/interaction/${uid}` },
    clientBasedCORS: (_context, origin, client) => isOriginOf(client, origin),
    renderError: views.renderError,
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: true, requireNonce: () => true, nonceSecret: derive(secret, "dpop nonce") },
      clientCredentials: { enabled: true },
      deviceFlow: {
        enabled: true,
        deviceInfo: () => ({ ...requestContext.getStore() }),
        userCodeInputSource: views.userCodeInput,
        userCodeConfirmSource: (context, form, client, _device, userCode) =>
          views.userCodeConfirm(context, form, client.clientName ?? client.clientId, userCode),
        successSource: views.deviceSuccess,
      },
      introspection: { enabled: true, allowedPolicy: (_context, client, token) => token.clientId === client.clientId },
      revocation: { enabled: true, allowedPolicy: (_context, client, token) => token.clientId === client.clientId },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: apiResource(audience, clients),
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource: views.signOut, postLogoutSuccessSource: views.signedOut },
    },
    fetch: (url, init) => fetch(url, withoutGuard(init)),
  };
}

/** Below the issuer. */
export const routes = {
  authorization: "/authorize",
  code_verification: "/device",
  device_authorization: "/device/authorization",
  end_session: "/sign-out",
  introspection: "/introspect",
  jwks: "/jwks",
  pushed_authorization_request: "/par",
  revocation: "/revoke",
  token: "/token",
  userinfo: "/userinfo",
};

/**
 * Only the session's cookie can have the prefix that binds it to this host and the whole of it; the two of an
 * interaction are bound to its address by their path.
 */
function cookies(keys: string[]): Configuration["cookies"] {
  const attributes = { httpOnly: true, sameSite: "lax", secure: true, signed: true } as const;
  return {
    keys,
    names: { session: "__Host-session", interaction: "__Secure-interaction", resume: "__Secure-resume" },
    long: attributes,
    short: attributes,
  };
}

function findAccount(accounts: Pick<AccountSource, "find">): FindAccount {
  return async (_context, id) => {
    const account = await accounts.find(id);
    return account && { accountId: account.id, claims: () => Promise.resolve(claimsOf(account)) };
  };
}

function claimsOf({ id, name, email }: Account) {
  return { sub: id, name, ...(email !== undefined && { email, email_verified: true }) };
}

function isOriginOf(client: Client, origin: string): boolean {
  return client.redirectUris?.some((uri) => URL.parse(uri)?.origin === origin) ?? false;
}

/** oidc-provider would not call internal addresses. Those that it is to call come from the settings, and may be internal. */
function withoutGuard(init: RequestInit = {}): RequestInit {
  const plain = { ...init };
  delete plain.dispatcher;
  return plain;
}

function derive(secret: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", `purlin auth ${purpose}`, 32));
}
