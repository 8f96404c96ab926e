import { decodeJwt, decodeProtectedHeader, createLocalJWKSet, jwtVerify } from "jose";
import * as oauth from "openid-client";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  audience,
  authorizationUrl,
  issuer,
  passInteraction,
  signIn,
  startAuth,
  type AuthUnderTest,
} from "./auth-oidc.ts";

let auth: AuthUnderTest;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth[Symbol.asyncDispose]());
beforeEach(async () => {
  await auth.foreign.lies({});
  await auth.foreign.person({ sub: "1", email: "ada@example.com", name: "Ada" });
});

describe("tokens", () => {
  test("an access token is a JWT after RFC 9068, for the API", async () => {
    const { tokens } = await signIn(auth);
    const keys = createLocalJWKSet((await (await auth.fetch(`${issuer}/jwks`)).json()) as { keys: [] });
    const { payload, protectedHeader } = await jwtVerify(tokens.access_token, keys, {
      issuer,
      audience,
      typ: "at+jwt",
    });
    expect(protectedHeader.alg).toBe("ES256");
    expect(payload).toMatchObject({ client_id: "web", scope: "platform" });
    expect(payload["jti"]).toBeTypeOf("string");
    expect(payload["sid"]).toBeTypeOf("string");
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
    const [subject] = await auth.daemons.sqlIn(
      "app",
      `SELECT email FROM access.subjects WHERE id = '${payload.sub ?? ""}'`,
    );
    expect(subject).toEqual({ email: "ada@example.com" });
  });

  test("an ID token says who it is, and is no access token", async () => {
    const { tokens } = await signIn(auth);
    expect(tokens.claims()).toMatchObject({ iss: issuer, aud: "web", email: "ada@example.com", email_verified: true });
    expect(decodeProtectedHeader(tokens.id_token ?? "")).toMatchObject({ alg: "ES256" });
    expect(decodeProtectedHeader(tokens.id_token ?? "").typ).not.toBe("at+jwt");
  });
});
