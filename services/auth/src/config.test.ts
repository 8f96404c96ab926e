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
const provider = { id: "google", preset: "google", clientId: "id", clientSecretEnv: "GOOGLE_SECRET" };

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

  test("a provider's secret comes from the variable it names", () => {
    const config = readAuthConfig({ ...good, AUTH_PROVIDERS: JSON.stringify([provider]), GOOGLE_SECRET: "s3cret" });
    expect(config.providers).toMatchObject([
      {
        issuer: "https://accounts.google.com",
        label: "Google",
        clientSecret: "s3cret",
        scopes: ["openid", "email", "profile"],
      },
    ]);
    expect(problems({ AUTH_PROVIDERS: JSON.stringify([provider]) })).toContain("GOOGLE_SECRET: is not set");
  });

  test("an address is not believed of Entra, whose administrators type it in", () => {
    const entra = { ...provider, preset: "entra", issuer: "https://login.microsoftonline.com/common/v2.0" };
    const config = readAuthConfig({ ...good, AUTH_PROVIDERS: JSON.stringify([entra]), GOOGLE_SECRET: "s" });
    expect(config.providers[0]?.trustEmail).toBe(false);
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
        { ...provider, preset: "auth0" },
        { ...provider, issuer: "http://plain.test" },
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
      "AUTH_PROVIDERS: 0.issuer: is required",
      "AUTH_PROVIDERS: 1.issuer: must be https",
    ]) {
      expect(text).toContain(place);
    }
    expect(text).not.toContain("c2hvcnQ=");
    expect(text).not.toContain("too-short");
  });

  test("what is not JSON is said to be none", () => {
    expect(problems({ AUTH_CLIENTS: "[" })).toContain("AUTH_CLIENTS: is not JSON");
  });
});
