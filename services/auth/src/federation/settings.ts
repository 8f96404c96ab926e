import { z } from "zod";

/** Where the providers that are often asked for are. */
const presets = {
  google: { protocol: "oidc", issuer: "https://accounts.google.com", label: "Google" },
  entra: { protocol: "oidc", issuer: undefined, label: "Microsoft" }, // https://login.microsoftonline.com/<tenant>/v2.0
  auth0: { protocol: "oidc", issuer: undefined, label: "Auth0" }, // https://<tenant>.auth0.com/
  supabase: { protocol: "oidc", issuer: undefined, label: "Supabase" }, // https://<project>.supabase.co/auth/v1
  github: { protocol: "github", issuer: "https://github.com", label: "GitHub" },
  oidc: { protocol: "oidc", issuer: undefined, label: undefined },
} as const;

/** TLS says who answers (OpenID Connect Core, 16.17); only on this machine nobody has to. */
const address = z
  .url({ protocol: /^https?$/ })
  .refine((url) => /^https:|^http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/.test(`${url}/`), "must be https");

const presetNames = Object.keys(presets) as [keyof typeof presets]; // Object.keys forgets the names

/**
 * An external provider as the settings name it. Its client is registered there with the redirect URI
 * `<PUBLIC_URL>/federation/<id>/callback`.
 */
export const providerSettings = z
  .strictObject({
    /** Part of the redirect URI. */
    id: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, "must be lower case letters, digits and dashes"),
    preset: z.enum(presetNames).default("oidc"),
    issuer: address.optional(),
    /** What the button says after "Continue with". */
    label: z.string().min(1).max(40).optional(),
    clientId: z.string().min(1),
    /** Variable that holds the client's secret. */
    clientSecretEnv: z.string().regex(/^[A-Z][A-Z0-9_]*$/, "must be the name of an environment variable"),
    scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/)).optional(),
    /**
     * Whether the provider's word for an e-mail address is taken. Off for one where anybody may claim any address:
     * Entra with accounts of any tenant for instance, whose addresses an administrator types in.
     */
    trustEmail: z.boolean().optional(),
    /** GitHub Enterprise: its API's address. */
    apiUrl: address.default("https://api.github.com"),
  })
  .transform((settings, context) => {
    const preset = presets[settings.preset];
    const issuer = settings.issuer ?? preset.issuer;
    if (issuer === undefined) {
      context.addIssue({ code: "custom", path: ["issuer"], message: "is required" });
      return z.NEVER;
    }
    const scopes =
      settings.scopes ?? (preset.protocol === "github" ? ["read:user", "user:email"] : ["openid", "email", "profile"]);
    const trustEmail = settings.trustEmail ?? settings.preset !== "entra";
    return {
      ...settings,
      issuer,
      scopes,
      trustEmail,
      protocol: preset.protocol,
      label: settings.label ?? preset.label ?? settings.id,
    };
  });

export type ProviderSettings = z.output<typeof providerSettings> & { clientSecret: string };
