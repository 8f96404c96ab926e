import { describe, expect, test } from "vitest";
import { z } from "zod";
import { authenticatorEnv, trustedIssuers } from "./authenticator-settings.ts";
import { readConfig } from "./config.ts";

const read = (env: Record<string, string>) =>
  trustedIssuers(readConfig(z.object(authenticatorEnv), { PLATFORM_URL: "https://shop.example/", ...env }));

const trusting = (issuer: object) =>
  read({
    TRUSTED_ISSUERS: JSON.stringify([
      { issuer: "https://id.example/", audience: "https://shop.example/api", ...issuer },
    ]),
  });

test("the platform's own auth service is trusted, for the API behind the same gateway", () => {
  expect(read({})).toEqual([
    expect.objectContaining({
      issuer: "https://shop.example/auth",
      audience: "https://shop.example/api",
      type: "at+jwt",
    }),
  ]);
  expect(read({ TOKEN_ISSUER: "http://127.0.0.1:1", TOKEN_AUDIENCE: "x" })[0]).toMatchObject({
    issuer: "http://127.0.0.1:1",
    audience: "x",
  });
});

test("an external issuer needs its name and our audience; the rest is the strict choice", () => {
  expect(trusting({})[1]).toEqual({
    issuer: "https://id.example/",
    audience: "https://shop.example/api",
    algorithms: ["RS256", "ES256"],
    type: "at+jwt",
    maxAge: 86_400,
    claims: { email: "email", emailVerified: "email_verified", name: "name" },
  });
});

describe("is refused", () => {
  test.each([
    { algorithms: ["none"] },
    { algorithms: ["HS256"] },
    { algorithms: [] },
    { issuer: "ftp://id.example" },
    { issuer: "id.example" },
    { jwksUrl: "file:///etc/passwd" },
    { type: "id_token" },
    { maxAge: -1 },
    { audience: "" },
    { audiences: ["x"] },
  ])("%j", (setting) => {
    expect(() => trusting(setting)).toThrow(/TRUSTED_ISSUERS/);
  });

  test("what is not JSON, without repeating it", () => {
    expect(() => read({ TRUSTED_ISSUERS: "[{secret" })).toThrow(/^(?!.*secret)/s);
  });
});
