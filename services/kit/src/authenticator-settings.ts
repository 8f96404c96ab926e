import { z } from "zod";

/** Signatures that an issuer may be allowed to use: none with a shared secret, none absent (RFC 8725, 3.1 and 3.2). */
export const signatureAlgorithms = [
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
] as const;

const externalIssuer = z.strictObject({
  /** `iss` of its tokens, to the letter; discovery is below it. */
  issuer: z.url({ protocol: /^https?$/ }),
  /** `aud` its tokens for this platform carry. Never a client id: that would let its ID tokens in. */
  audience: z.string().min(1),
  algorithms: z.array(z.enum(signatureAlgorithms)).min(1).default(["RS256", "ES256"]),
  /** Where its keys are; by default what its discovery document says. */
  jwksUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** `typ` of its access tokens. `JWT` for issuers that do not follow RFC 9068. */
  type: z.enum(["at+jwt", "JWT"]).default("at+jwt"),
  /** Seconds a token may be old, whatever it says itself. */
  maxAge: z.number().int().positive().default(86_400),
  /** Names of the claims that describe the subject. */
  claims: z
    .strictObject({
      email: z.string().default("email"),
      emailVerified: z.string().default("email_verified"),
      name: z.string().default("name"),
      /** A list of this platform's permissions; where it is named, a token has only those. */
      permissions: z.string().optional(),
    })
    .prefault({}),
});

/** Another issuer whose tokens are taken. Its subjects become subjects of ours when they first appear. */
export type ExternalIssuer = z.output<typeof externalIssuer>;

/** Our own auth service, whose tokens follow RFC 9068 and name our subjects. */
export interface OwnIssuer {
  issuer: string;
  audience: string;
  algorithms: readonly string[];
  jwksUrl?: string | undefined;
  type: "at+jwt";
  maxAge: number;
  /** Tells it from an external one. */
  claims?: undefined;
}

export type TrustedIssuer = OwnIssuer | ExternalIssuer;

/** Variables of every service that asks who sends a request. */
export const authenticatorEnv = {
  /** Origin of the gateway, as clients see it. */
  PLATFORM_URL: z.url({ protocol: /^https?$/ }),
  /** Issuer of the platform's own tokens; by default the auth service behind the gateway. */
  TOKEN_ISSUER: z.url({ protocol: /^https?$/ }).optional(),
  /** Audience that a token must name, the same for all services; by default the API behind the gateway. */
  TOKEN_AUDIENCE: z.string().optional(),
  /** External issuers, as a JSON list. */
  TRUSTED_ISSUERS: z.string().default("[]").transform(parseJson).pipe(z.array(externalIssuer)),
};

type AuthenticatorSettings = z.output<z.ZodObject<typeof authenticatorEnv>>;

/** `iss` and `aud` of the platform's own tokens. */
export function ownTokens(settings: Pick<AuthenticatorSettings, "PLATFORM_URL" | "TOKEN_ISSUER" | "TOKEN_AUDIENCE">) {
  const platform = settings.PLATFORM_URL.replace(/\/+$/, "");
  return {
    issuer: settings.TOKEN_ISSUER ?? `${platform}/auth`,
    audience: settings.TOKEN_AUDIENCE ?? `${platform}/api`,
  };
}

/** Everybody whose tokens are taken: our own auth service, and those the settings name. */
export function trustedIssuers(settings: AuthenticatorSettings): TrustedIssuer[] {
  return [
    { ...ownTokens(settings), algorithms: ["ES256", "EdDSA", "Ed25519"], type: "at+jwt", maxAge: 3600 },
    ...settings.TRUSTED_ISSUERS,
  ];
}

function parseJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: "custom", message: "is not JSON" });
    return z.NEVER;
  }
}
