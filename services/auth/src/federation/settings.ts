import { z } from "zod";
import { choices, type Choice } from "./presets.ts";

/** A provider's settings in full, whatever they were made of. */
export interface ProviderSettings {
  /** Part of the redirect URI. */
  id: string;
  /** What the button says after "Continue with". */
  label: string;
  protocol: "oidc" | "github";
  /** Where it is asked what it is like; Entra's for many tenants issues tokens as each of them. */
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Variable that holds the client's secret. */
  clientSecretEnv: string;
  scopes: string[];
  /** Claim that says whether the address is the person's. */
  verifiedClaim: "email_verified" | "xms_edov";
  /** Whether the provider's word for an e-mail address is taken. */
  trustEmail: boolean;
  /** The Google Workspace whose people alone are let in. */
  hostedDomain?: string | undefined;
  /** GitHub's API. */
  apiUrl?: string | undefined;
}

/** What the environment's variables tell besides the secret, which is in another of them. */
export type ProviderEntry = Omit<ProviderSettings, "clientSecret">;

/** External providers as the settings name them; see presets.ts for each. */
export const providerList = z.array(z.discriminatedUnion("preset", choices).transform(complete)).superRefine(distinct);

/** Whether tokens of this issuer come from the provider. Entra's for many tenants has an issuer for each. */
export function issues({ issuer: configured }: Pick<ProviderSettings, "issuer">, issuer: string): boolean {
  const many = /^https:\/\/login\.microsoftonline\.com\/(?![\da-f-]{36}\/)[^/]+\/v2\.0$/.test(configured);
  return many ? /^https:\/\/login\.microsoftonline\.com\/[\da-f-]{36}\/v2\.0$/.test(issuer) : issuer === configured;
}

function complete(choice: Choice): ProviderEntry {
  const id = choice.id ?? choice.preset;
  const { clientId, clientSecretEnv, scopes = openid, trustEmail = true } = choice;
  const common = {
    ...{ id, clientId, scopes, trustEmail },
    protocol: "oidc",
    verifiedClaim: "email_verified",
    clientSecretEnv: clientSecretEnv ?? `${id.toUpperCase().replaceAll("-", "_")}_CLIENT_SECRET`,
  } as const;
  const label = (name: string) => choice.label ?? name;
  switch (choice.preset) {
    case "google": {
      const { hostedDomain } = choice;
      return { ...common, label: label("Google"), issuer: "https://accounts.google.com", hostedDomain };
    }
    case "entra": {
      const issuer = `https://login.microsoftonline.com/${choice.tenant}/v2.0`;
      // anybody can be administrator of a tenant and type in any address: only xms_edov says that its domain is the tenant's
      return { ...common, label: label("Microsoft"), issuer, verifiedClaim: "xms_edov" };
    }
    case "auth0":
      return { ...common, label: label("Auth0"), issuer: `https://${choice.domain}/` };
    case "supabase":
      return { ...common, label: label("Supabase"), issuer: `https://${choice.domain}/auth/v1` };
    case "github": {
      const { issuer, apiUrl, scopes: wanted = ["read:user", "user:email"] } = choice;
      return { ...common, label: label("GitHub"), protocol: "github", issuer, apiUrl, scopes: wanted };
    }
    case "oidc":
      return { ...common, label: label(id), issuer: choice.issuer };
  }
}

const openid = ["openid", "email", "profile"];

/** An id names a redirect URI: two providers that share one could be taken for each other. */
function distinct(providers: ProviderEntry[], context: z.RefinementCtx): void {
  for (const [at, { id }] of providers.entries()) {
    if (providers.findIndex((other) => other.id === id) < at)
      context.addIssue({ code: "custom", path: [at, "id"], message: `is another provider's already: ${id}` });
  }
}
