import { z } from "zod";

/*
 * What is written in the settings for each kind of provider: as little as it takes to find it. The client is registered
 * there with the redirect URI `<PUBLIC_URL>/federation/<id>/callback`.
 */

/** TLS says who answers (OpenID Connect Core, 16.17); only on this machine nobody has to. */
const address = z
  .url({ protocol: /^https?$/ })
  .refine((url) => /^https:|^http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/.test(`${url}/`), "must be https");

const domain = z.string().regex(/^([a-z0-9-]+\.)+[a-z]{2,}$/i, "must be a domain: example.com");

const id = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, "must be lower case letters, digits and dashes");

const common = {
  /** Part of the redirect URI. Default: the preset's name. */
  id: id.optional(),
  /** What the button says after "Continue with". */
  label: z.string().min(1).max(40).optional(),
  clientId: z.string().min(1),
  /** Variable that holds the client's secret. Default: `<ID>_CLIENT_SECRET`. */
  clientSecretEnv: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/, "must be the name of an environment variable")
    .optional(),
  scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/)).optional(),
  /** Whether the provider's word for an e-mail address is taken. Off for one where anybody may claim any address. */
  trustEmail: z.boolean().optional(),
};

export const choices = [
  z.strictObject({
    ...common,
    preset: z.literal("google"),
    /** Lets in the people of one Google Workspace alone. */
    hostedDomain: domain.optional(),
  }),
  z.strictObject({
    ...common,
    preset: z.literal("entra"),
    /** The tenant's id or domain; `organizations` for those of any, `common` for personal accounts, too. */
    tenant: z.string().regex(/^[a-z0-9.-]+$/i, "must be a tenant's id or domain, organizations or common"),
  }),
  /** `<tenant>.auth0.com`, or a domain of one's own. */
  z.strictObject({ ...common, preset: z.literal("auth0"), domain }),
  /** `<project>.supabase.co`, or a domain of one's own. */
  z.strictObject({ ...common, preset: z.literal("supabase"), domain }),
  /** GitHub speaks OAuth 2.0; GitHub Enterprise has addresses of its own. */
  z.strictObject({
    ...common,
    preset: z.literal("github"),
    issuer: address.default("https://github.com"),
    apiUrl: address.default("https://api.github.com"),
  }),
  /** Any other with discovery. */
  z.strictObject({ ...common, preset: z.literal("oidc"), id, issuer: address }),
] as const;

/** Settings of one provider as they are written. */
export type Choice = z.output<(typeof choices)[number]>;
