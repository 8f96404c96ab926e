import {
  fetchUserInfo,
  type Configuration,
  type TokenEndpointResponse,
  type TokenEndpointResponseHelpers,
} from "openid-client";
import { z } from "zod";
import type { ProviderSettings } from "./settings.ts";

/** Who somebody is for an external provider. */
export interface ExternalProfile {
  issuer: string;
  externalId: string;
  /** Only one that the provider has verified and whose word is taken. */
  email: string | undefined;
  name: string;
}

const claimsShape = z.object({
  email: z.email().max(254).optional().catch(undefined),
  verified: z.union([z.boolean(), z.stringbool()]).optional().catch(undefined), // some send it as text
  name: z.string().min(1).max(200).optional().catch(undefined),
  preferred_username: z.string().min(1).max(200).optional().catch(undefined),
});

/** The ID token's claims, completed by the userinfo endpoint when the address is not among them. */
export async function openidProfile(
  client: Configuration,
  settings: ProviderSettings,
  tokens: TokenEndpointResponse & TokenEndpointResponseHelpers,
): Promise<ExternalProfile> {
  const claims = tokens.claims();
  if (!claims) throw new Error("the provider sent no ID token");
  const more =
    claims["email"] === undefined && client.serverMetadata().userinfo_endpoint !== undefined
      ? await fetchUserInfo(client, tokens.access_token, claims.sub)
      : {};
  if (settings.hostedDomain !== undefined && claims["hd"] !== settings.hostedDomain) {
    throw new Error("the person is not of the hosted domain"); // what was asked for in the address, anybody can leave out
  }
  const all: Record<string, unknown> = { ...claims, ...more };
  const told = claimsShape.parse({ ...all, verified: all[settings.verifiedClaim] });
  const { email, verified, name, preferred_username: username } = told;
  return {
    issuer: claims.iss,
    externalId: claims.sub,
    email: verified && settings.trustEmail ? email : undefined,
    name: name ?? username ?? "Someone",
  };
}

const githubUser = z.object({ id: z.int().positive(), login: z.string(), name: z.string().nullish() });
const githubEmails = z.array(z.object({ email: z.email(), primary: z.boolean(), verified: z.boolean() }));

/** GitHub speaks OAuth and not OpenID Connect: who somebody is its API tells (docs.github.com/rest/users). */
export async function githubProfile(settings: ProviderSettings, accessToken: string): Promise<ExternalProfile> {
  const ask = async (path: string): Promise<unknown> => {
    const response = await fetch(`${settings.apiUrl}${path}`, {
      headers: {
        authorization: `Bearer ${accessToken}`,
        accept: "application/vnd.github+json",
        "user-agent": "purlin",
      },
      signal: AbortSignal.timeout(5_000),
      redirect: "error",
    });
    if (!response.ok) throw new Error(`GitHub answers ${response.status} for ${path}`);
    return response.json();
  };
  const [user, emails] = await Promise.all([ask("/user"), ask("/user/emails")]);
  const { id, login, name } = githubUser.parse(user);
  const primary = githubEmails.parse(emails).find((email) => email.primary && email.verified);
  return {
    issuer: settings.issuer,
    externalId: String(id), // names can be given up and taken by others
    email: settings.trustEmail ? primary?.email : undefined,
    name: name ?? login,
  };
}
