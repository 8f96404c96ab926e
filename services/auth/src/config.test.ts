import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readAuthConfig } from "./config.ts";

const good = {
  SERVICE_NAME: "auth",
  SERVICE_INSTANCE: "auth-1",
  PORT: "3000",
  INTERNAL_PORT: "3001",
  PUBLIC_URL: "https://localhost:8443/auth/",
  PLATFORM_URL: "https://localhost:8443",
  POSTGRES_PRIMARY_URL: "postgres://u:p@127.0.0.1/auth",
  POSTGRES_APP_PRIMARY_URL: "postgres://u:p@127.0.0.1/app",
  REDIS_CACHE_URL: "redis://127.0.0.1",
  REDIS_KEY_PREFIX: "auth:",
  SMTP_URL: "smtp://127.0.0.1",
  MAIL_FROM: "a@example.com",
  AUTH_SECRET: randomBytes(32).toString("base64"),
};
const google = { preset: "google", clientId: "id" };

function problems(env: Record<string, string>): string {
  try {
    readAuthConfig({ ...good, ...env });
  } catch (error) {
    return String(error);
  }
  return "";
}

describe("the settings of the auth service", () => {
  test("have defaults for all but what only the platform knows", () => {
    expect(readAuthConfig(good)).toMatchObject({
      PUBLIC_URL: "https://localhost:8443/auth", // an issuer is compared to the letter
      AUTH_CLIENTS: [],
      providers: [],
      AUTH_REFRESH_GRACE_SECONDS: 30,
    });
  });

  test("a provider is its preset, its client and where it is; the secret comes from a variable", () => {
    const providers = [
      google,
      { preset: "entra", clientId: "id", tenant: "organizations" },
      { preset: "auth0", clientId: "id", domain: "acme.eu.auth0.com" },
      { preset: "supabase", clientId: "id", domain: "abcd.supabase.co" },
      { preset: "github", clientId: "id" },
      { preset: "oidc", id: "work", clientId: "id", issuer: "https://id.example.com", clientSecretEnv: "SECRET" },
    ];
    const secrets = Object.fromEntries(
      ["GOOGLE", "ENTRA", "AUTH0", "SUPABASE", "GITHUB"].map((name) => [`${name}_CLIENT_SECRET`, `of ${name}`]),
    );
    const config = readAuthConfig({
      ...good,
      ...secrets,
      SECRET: "of work",
      AUTH_PROVIDERS: JSON.stringify(providers),
    });
    const read = config.providers.map(({ id, label, issuer, clientSecret }) => [id, label, issuer, clientSecret]);
    expect(read).toEqual([
      ["google", "Google", "https://accounts.google.com", "of GOOGLE"],
      ["entra", "Microsoft", "https://login.microsoftonline.com/organizations/v2.0", "of ENTRA"],
      ["auth0", "Auth0", "https://acme.eu.auth0.com/", "of AUTH0"],
      ["supabase", "Supabase", "https://abcd.supabase.co/auth/v1", "of SUPABASE"],
      ["github", "GitHub", "https://github.com", "of GITHUB"],
      ["work", "work", "https://id.example.com", "of work"],
    ]);
    expect(problems({ AUTH_PROVIDERS: JSON.stringify([google]) })).toContain("GOOGLE_CLIENT_SECRET: is not set");
  });

  test("all that is wrong is said at once, by its place, and no secret is repeated", () => {
    const clients = [
      { id: "Upper", name: "x", redirectUris: ["https://a.test/*"] },
      { id: "empty", name: "x" },
      { id: "ok", name: "x", redirectUris: ["https://a.test/"], secret: "too-short" },
      { id: "bad", name: "x", redirectUris: ["javascript:alert(1)"], scopes: ["root"] },
    ];
    const text = problems({
      AUTH_SECRET: "c2hvcnQ=",
      AUTH_CLIENTS: JSON.stringify(clients),
      AUTH_PROVIDERS: JSON.stringify([
        { ...google, preset: "auth0" },
        { ...google, preset: "oidc", id: "plain", issuer: "http://plain.test" },
        { ...google, tenant: "common" },
      ]),
    });
    for (const place of [
      "AUTH_SECRET:",
      "AUTH_CLIENTS: 0.id:",
      "AUTH_CLIENTS: 0.redirectUris.0:",
      "AUTH_CLIENTS: 1.redirectUris:",
      "AUTH_CLIENTS: 2.secret:",
      "AUTH_CLIENTS: 3.redirectUris.0:",
      "AUTH_CLIENTS: 3.scopes.0:",
      "AUTH_PROVIDERS: 0.domain:",
      "AUTH_PROVIDERS: 1.issuer: must be https",
      'AUTH_PROVIDERS: 2: Unrecognized key: "tenant"',
    ]) {
      expect(text).toContain(place);
    }
    expect(text).not.toContain("c2hvcnQ=");
    expect(text).not.toContain("too-short");
  });

  test("no two providers share a redirect URI", () => {
    expect(problems({ AUTH_PROVIDERS: JSON.stringify([google, google]) })).toContain(
      "AUTH_PROVIDERS: 1.id: is another provider's already: google",
    );
  });

  test("what is not JSON is said to be none", () => {
    expect(problems({ AUTH_CLIENTS: "[" })).toContain("AUTH_CLIENTS: is not JSON");
  });
});
