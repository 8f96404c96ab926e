import { ConfigError, httpEnv, list, readConfig } from "@purlin/kit/config";
import { authenticatorEnv } from "@purlin/kit/authenticator-settings";
import { postgresEnv } from "@purlin/kit/postgres";
import { rateLimitEnv } from "@purlin/kit/rate-limit";
import { redisCacheEnv } from "@purlin/kit/redis";
import { sealingKey } from "@purlin/kit/sealed-secret";
import { z } from "zod";
import { accountsEnv } from "./accounts/settings.ts";
import { providerList, type ProviderSettings } from "./federation/settings.ts";
import { clientSettings } from "./oidc/clients.ts";

const days = z.coerce.number().positive();

/** Everything this service takes from its environment, but secrets that settings only name. */
const authEnv = z.object({
  ...httpEnv,
  ...postgresEnv,
  ...redisCacheEnv,
  ...authenticatorEnv,
  ...rateLimitEnv,
  ...accountsEnv,
  /** Where clients reach this service; the issuer of its tokens. */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, "")),
  /** The database all services share. */
  POSTGRES_APP_PRIMARY_URL: z.url(),
  POSTGRES_APP_REPLICA_URLS: list(z.url()),
  POSTGRES_APP_CA_FILE: z.string().optional(),
  POSTGRES_APP_POOL_MAX: postgresEnv.POSTGRES_POOL_MAX,
  /** 32 random bytes in base64. Seals what the database keeps. Losing it signs everybody out and unlinks their authenticators. */
  AUTH_SECRET: sealingKey,
  /** Further clients, or other settings for the platform's own; a JSON list. */
  AUTH_CLIENTS: json(z.array(clientSettings)),
  /** External providers people may sign in with; a JSON list. */
  AUTH_PROVIDERS: json(providerList),
  /** Days a signing key is used. */
  AUTH_KEY_DAYS: days.default(30),
  /** Seconds a refresh token that was used is answered once more, with the same successor: its answer may have been lost. */
  AUTH_REFRESH_GRACE_SECONDS: z.coerce.number().min(0).max(120).default(30),
});

export type AuthConfig = z.output<typeof authEnv> & { providers: ProviderSettings[] };

/** @throws ConfigError with everything that is wrong, values never repeated */
export function readAuthConfig(env: Record<string, string | undefined>): AuthConfig {
  const config = readConfig(authEnv, env);
  const missing = config.AUTH_PROVIDERS.filter(({ clientSecretEnv }) => !env[clientSecretEnv]);
  if (missing.length > 0) throw new ConfigError(missing.map(({ clientSecretEnv }) => `${clientSecretEnv}: is not set`));
  return {
    ...config,
    providers: config.AUTH_PROVIDERS.map((provider) => ({
      ...provider,
      clientSecret: env[provider.clientSecretEnv] ?? "",
    })),
  };
}

/** JSON in a variable. What is wrong inside is told by its place in the document. */
function json<T>(schema: z.ZodType<T>) {
  return z
    .string()
    .default("[]")
    .transform((text, context) => {
      const problem = (message: string) => context.addIssue({ code: "custom", message });
      const document = parse(text);
      const result = schema.safeParse(document);
      if (result.success) return result.data;
      if (document === undefined) problem("is not JSON");
      else
        for (const { path, message } of result.error.issues)
          problem(path.length > 0 ? `${path.join(".")}: ${message}` : message);
      return z.NEVER;
    });
}

/** Undefined, which JSON does not have, for what is none. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
