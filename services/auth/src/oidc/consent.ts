import { interactionPolicy, type Grant, type Interaction, type KoaContextWithOIDC, type Provider } from "oidc-provider";
import { z } from "zod";
import type { Clients } from "./clients.ts";

const { Check, base } = interactionPolicy;

/** When somebody is asked. First-party clients are not, but for what nobody may be signed in to without noticing. */
export function promptPolicy() {
  const policy = base();
  const consent = policy.get("consent");
  consent?.checks.remove("native_client_prompt");
  // RFC 8252, 8.6: another application may pose as this one, so a person has to see that it asks. Whoever has just
  // signed in here, or typed in the code of their device, has seen it.
  consent?.checks.add(
    new Check("native_client", "native clients require End-User interaction", "interaction_required", ({ oidc }) => {
      const seen = oidc.result?.login ?? oidc.result?.consent ?? /^(code|device)_/.test(oidc.route);
      return oidc.client?.applicationType === "native" && !seen ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
    }),
  );
  return policy;
}

/** The grant of this session and client; a first-party client's has all it asks for. */
export async function loadGrant(context: KoaContextWithOIDC, clients: Clients): Promise<Grant | undefined> {
  const { provider, client, session, result, resourceServers } = context.oidc;
  if (!client || !session?.accountId) return undefined;
  const grantId = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
  const known = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  const grant = known?.accountId === session.accountId && known.clientId === client.clientId ? known : undefined;
  if (!clients.get(client.clientId)?.firstParty) return grant;
  const full = grant ?? new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  full.addOIDCScope([...context.oidc.requestParamOIDCScopes].join(" "));
  for (const [resource, { scopes }] of Object.entries(resourceServers ?? {})) {
    full.addResourceScope(
      resource,
      [...context.oidc.requestParamScopes].filter((scope) => scopes.has(scope)).join(" "),
    );
  }
  await full.save();
  return full;
}

const missingDetails = z.object({
  missingOIDCScope: z.array(z.string()).default([]),
  missingOIDCClaims: z.array(z.string()).default([]),
  missingResourceScopes: z.record(z.string(), z.array(z.string())).default({}),
});

/** The scopes an interaction asks consent for. */
export function missingScopes(interaction: Interaction): string[] {
  const { missingOIDCScope, missingResourceScopes } = missingDetails.parse(interaction.prompt.details);
  return [...missingOIDCScope, ...Object.values(missingResourceScopes).flat()];
}

/** Grants what an interaction asks consent for; gives the grant's id. */
export async function grantMissing(provider: Provider, interaction: Interaction): Promise<string> {
  const known = interaction.grantId === undefined ? undefined : await provider.Grant.find(interaction.grantId);
  const grant =
    known ??
    new provider.Grant({
      ...(interaction.session && { accountId: interaction.session.accountId }),
      clientId: String(interaction.params["client_id"]),
    });
  const missing = missingDetails.parse(interaction.prompt.details);
  if (missing.missingOIDCScope.length > 0) grant.addOIDCScope(missing.missingOIDCScope.join(" "));
  if (missing.missingOIDCClaims.length > 0) grant.addOIDCClaims(missing.missingOIDCClaims);
  for (const [resource, scopes] of Object.entries(missing.missingResourceScopes)) {
    grant.addResourceScope(resource, scopes.join(" "));
  }
  return grant.save();
}
