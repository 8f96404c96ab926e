import { errors, type Client, type KoaContextWithOIDC, type ResourceServer } from "oidc-provider";
import { apiScopes, type Clients } from "./clients.ts";
import { accessTokenLifetime } from "./lifetimes.ts";
import { isServiceAccount } from "./service-accounts.ts";

/**
 * The platform's API as the one resource there are tokens for (RFC 8707). Who asks for a scope of the API and names no
 * resource means it; who asks only who somebody is gets an opaque token for the userinfo endpoint.
 */
export function apiResource(audience: string, clients: Clients) {
  return {
    enabled: true,
    defaultResource: (context: KoaContextWithOIDC, client: Client, oneOf?: readonly string[]) => {
      if (oneOf) return oneOf;
      const asked = context.oidc.requestParamScopes;
      return isServiceAccount(client.clientId) || apiScopes.some((scope) => asked.has(scope)) ? audience : undefined;
    },
    getResourceServerInfo: (_context: KoaContextWithOIDC, resource: string, client: Client): ResourceServer => {
      if (resource !== audience) throw new errors.InvalidTarget();
      return {
        scope: allowedScopes(client.clientId, clients).join(" "),
        audience,
        accessTokenTTL: accessTokenLifetime,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "ES256" } },
      };
    },
    useGrantedResource: () => true,
  };
}

/** A service account's token was narrowed to its key when the key was checked. */
function allowedScopes(clientId: string, clients: Clients): readonly string[] {
  if (isServiceAccount(clientId)) return apiScopes;
  return apiScopes.filter((scope) => clients.get(clientId)?.scopes.has(scope));
}
