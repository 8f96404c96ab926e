import { createHash } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterEach, expect, test, vi } from "vitest";
import { createProviderClient, newFlowSecrets } from "./provider-client.ts";
import { issues, providerList } from "./settings.ts";

/*
 * What is particular to Google, Entra, Auth0 and Supabase, which need a contract to be asked themselves: their part is played here by
 * answers made after their documentation, at their own addresses. A provider that is none of ours, over the
 * network: tests/services/auth-federation.integration.test.ts.
 */
const { publicKey, privateKey } = await generateKeyPair("RS256");
const tenant = "11111111-2222-3333-4444-555555555555";
const redirectUri = "https://platform.test/auth/federation/it/callback";

afterEach(() => {
  vi.unstubAllGlobals();
});

interface Foreign {
  /** As its discovery document has it. */
  issuer: string;
  claims: Record<string, unknown>;
}

/** Signs in at a provider with these settings that answers so; gives who came, and where the browser was sent. */
async function signIn(settings: Record<string, unknown>, { issuer, claims }: Foreign) {
  const [entry] = providerList.parse([{ clientId: "us", ...settings }]);
  if (!entry) throw new Error("there is one provider");
  const secrets = newFlowSecrets();
  const asked: string[] = [];
  const answer = async (url: string): Promise<unknown> => {
    asked.push(url);
    if (url.endsWith("/.well-known/openid-configuration"))
      return {
        issuer,
        authorization_endpoint: "https://provider.test/authorize",
        token_endpoint: "https://provider.test/token",
        jwks_uri: "https://provider.test/jwks",
        id_token_signing_alg_values_supported: ["RS256"],
      };
    if (url.endsWith("/jwks"))
      return { keys: [{ ...(await exportJWK(publicKey)), kid: "1", alg: "RS256", use: "sig" }] };
    const idToken = await new SignJWT({ iss: issuer, nonce: secrets.nonce, ...claims })
      .setProtectedHeader({ alg: "RS256", kid: "1" })
      .setAudience("us")
      .setSubject("sub-1")
      .setIssuedAt()
      .setExpirationTime("1 minute")
      .sign(privateKey);
    return { access_token: "at", token_type: "Bearer", expires_in: 60, id_token: idToken };
  };
  vi.stubGlobal("fetch", async (url: string | URL) => Response.json(await answer(String(url))));
  const client = createProviderClient({ ...entry, clientSecret: "secret" }, redirectUri);
  const there = await client.authorizationUrl(secrets);
  const callback = new URL(`${redirectUri}?code=c&state=${secrets.state}`);
  const profile = await client.profile(callback, secrets);
  return { profile, there: there.searchParams, asked, entry, verifier: secrets.codeVerifier };
}

const person = { email: "ada@example.com", email_verified: true, name: "Ada" };

test.each([
  ["google", {}, "https://accounts.google.com"],
  ["auth0", { domain: "acme.eu.auth0.com" }, "https://acme.eu.auth0.com/"],
  ["supabase", { domain: "abcd.supabase.co" }, "https://abcd.supabase.co/auth/v1"],
])("%s is found by its preset, and its word for an address taken", async (preset, where, issuer) => {
  const { profile, there, asked, entry, verifier } = await signIn({ preset, ...where }, { issuer, claims: person });
  expect(asked[0]).toBe(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  expect(profile).toEqual({ issuer, externalId: "sub-1", email: "ada@example.com", name: "Ada" });
  expect(there.get("code_challenge")).toBe(createHash("sha256").update(verifier).digest("base64url"));
  expect(issues(entry, profile.issuer)).toBe(true);
});

test("Google lets in the people of the hosted domain alone, whatever the address said", async () => {
  const settings = { preset: "google", hostedDomain: "example.com" };
  const issuer = "https://accounts.google.com";
  const { there } = await signIn(settings, { issuer, claims: { ...person, hd: "example.com" } });
  expect(there.get("hd")).toBe("example.com");
  await expect(signIn(settings, { issuer, claims: { ...person, hd: "evil.test" } })).rejects.toThrow(/hosted domain/);
  await expect(signIn(settings, { issuer, claims: person })).rejects.toThrow(/hosted domain/);
});

const many = "https://login.microsoftonline.com/{tenantid}/v2.0";
const ofTenant = many.replace("{tenantid}", tenant);

test("Entra's many tenants are issuers of their own, and a token is of the one it names", async () => {
  const settings = { preset: "entra", tenant: "organizations" };
  const { profile, entry } = await signIn(settings, { issuer: many, claims: { iss: ofTenant, tid: tenant } });
  expect(profile.issuer).toBe(ofTenant);
  expect(issues(entry, ofTenant)).toBe(true);
  expect(issues(entry, "https://login.microsoftonline.com/organizations/v2.0")).toBe(false);
  const other = "99999999-2222-3333-4444-555555555555";
  const lie = { iss: ofTenant, tid: other };
  await expect(signIn(settings, { issuer: many, claims: lie })).rejects.toThrow();
});

test("one tenant of Entra lets nobody of another in", async () => {
  const settings = { preset: "entra", tenant };
  const { entry } = await signIn(settings, { issuer: ofTenant, claims: { tid: tenant } });
  const other = ofTenant.replace("1111", "9999");
  expect(issues(entry, other)).toBe(false);
  await expect(signIn(settings, { issuer: ofTenant, claims: { iss: other, tid: "x" } })).rejects.toThrow();
});

test("an address Entra sends is anybody's, unless the tenant owns its domain", async () => {
  const settings = { preset: "entra", tenant };
  const emailFor = async (claims: Record<string, unknown>) =>
    (await signIn(settings, { issuer: ofTenant, claims: { email: "ada@example.com", ...claims } })).profile.email;
  expect(await emailFor({})).toBeUndefined();
  expect(await emailFor({ email_verified: true })).toBeUndefined(); // not a claim Entra makes
  expect(await emailFor({ xms_edov: false })).toBeUndefined();
  expect(await emailFor({ xms_edov: true })).toBe("ada@example.com");
  expect(await emailFor({ xms_edov: "1" })).toBe("ada@example.com");
});
