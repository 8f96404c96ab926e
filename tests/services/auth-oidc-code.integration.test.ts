import { randomUUID } from "node:crypto";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import * as oauth from "openid-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  audience,
  authorizationUrl,
  callback,
  issuer,
  openInteraction,
  passInteraction,
  signIn,
  startAuth,
  type AuthUnderTest,
} from "./auth-oidc.ts";

const partnerCallback = "https://partner.test/signed-in";

let auth: AuthUnderTest;
beforeAll(async () => {
  auth = await startAuth(() => ({
    AUTH_CLIENTS: JSON.stringify([
      { id: "partner", name: "Partner", redirectUris: [partnerCallback], scopes: ["openid", "task:read"] },
    ]),
  }));
  await auth.foreign.person({ sub: "1", email: "ada@example.com", name: "Ada" });
});
afterAll(() => auth[Symbol.asyncDispose]());

/** An authorisation code for the web client, and all that belongs to it. */
async function getCode() {
  const client = await auth.client("web");
  const request = await authorizationUrl(client);
  const back = await passInteraction(auth, auth.browser(), request.url);
  return { client, back, ...request };
}

async function exchange(form: Record<string, string>, instance?: number) {
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    client_id: "web",
    redirect_uri: callback,
    ...form,
  });
  const response = await auth.fetch(`${issuer}/token`, { method: "POST", body }, instance);
  return {
    status: response.status,
    ...((await response.json()) as { error?: string; refresh_token?: string; access_token?: string }),
  };
}

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
    const subject = `SELECT email FROM access.subjects WHERE id = '${payload.sub ?? ""}'`;
    expect(await auth.daemons.sqlIn("app", subject)).toEqual([{ email: "ada@example.com" }]);
  });

  test("an ID token says who it is, and cannot be taken for an access token (RFC 8725, 3.11)", async () => {
    const { tokens } = await signIn(auth);
    expect(tokens.claims()).toMatchObject({ iss: issuer, aud: "web", email: "ada@example.com", email_verified: true });
    expect(decodeProtectedHeader(tokens.id_token ?? "")).toMatchObject({ alg: "ES256" });
    expect(decodeProtectedHeader(tokens.id_token ?? "").typ).not.toBe("at+jwt");
  });

  test("who asks only who somebody is gets a token for that and for nothing else", async () => {
    const { tokens, client } = await signIn(auth, { scope: "openid email" });
    expect(() => decodeJwt(tokens.access_token)).toThrow();
    const info = await oauth.fetchUserInfo(client, tokens.access_token, tokens.claims()?.sub ?? "");
    expect(info).toMatchObject({ email: "ada@example.com" });
  });

  test("a token has what was asked for of what the client may have", async () => {
    const { tokens } = await signIn(auth, { scope: "openid task:read project:read" });
    expect(decodeJwt(tokens.access_token)["scope"]).toBe("task:read project:read");
  });
});

describe("an authorisation request", () => {
  test.each([
    ["another host", "https://evil.test/callback"],
    ["a path below", `${callback}/more`],
    ["a query", `${callback}?more=1`],
    ["another case", callback.replace("callback", "Callback")],
    ["user info", "https://platform.test@evil.test/callback"],
    ["a fragment", `${callback}#more`],
    ["another port", "https://platform.test:8443/callback"],
    ["an encoded path", callback.replace("callback", "%63allback")],
  ])("with a redirect URI that differs by %s leads nowhere (RFC 9700, 4.1)", async (_difference, redirectUri) => {
    const { url } = await authorizationUrl(await auth.client("web"), { redirect_uri: redirectUri });
    const response = await auth.browser().request(url);
    expect(response.status).toBe(400);
    expect(response.headers.get("location")).toBeNull();
    expect(await response.text()).not.toContain(redirectUri);
  });

  test("of an unknown client leads nowhere, and shows nothing of what it said", async () => {
    const response = await auth
      .browser()
      .request(`${issuer}/authorize?client_id=<b>x</b>&redirect_uri=${callback}&state=reflected`);
    const page = await response.text();
    expect(response.status).toBe(400);
    expect(page).not.toContain("reflected");
    expect(page).not.toContain("<b>");
  });

  test("without PKCE is refused, for every client", async () => {
    const url = new URL(`${issuer}/authorize?client_id=web&response_type=code&scope=openid&state=s`);
    url.searchParams.set("redirect_uri", callback);
    const { url: back } = await auth.browser().open(url);
    expect(Object.fromEntries(back.searchParams)).toMatchObject({ error: "invalid_request", state: "s", iss: issuer });
  });

  test("with a plain PKCE challenge is refused", async () => {
    const { url } = await authorizationUrl(await auth.client("web"), { code_challenge_method: "plain" });
    expect((await auth.browser().open(url)).url.searchParams.get("error")).toBe("invalid_request");
  });

  test.each(["token", "id_token", "code id_token", "code token"])(
    "for %s is refused: no token travels in an address",
    async (type) => {
      const { url } = await authorizationUrl(await auth.client("web"), { response_type: type, nonce: "n" });
      const { url: back } = await auth.browser().open(url);
      expect(back.hash + back.search).toMatch(/[?&#]error=(unsupported_response_type|invalid_request)/);
      expect(back.href).not.toMatch(/access_token|[?&#]code=/);
    },
  );

  test("may redirect to any port of the loopback address, and to no other path there (RFC 8252)", async () => {
    const client = await auth.client("cli");
    const { url } = await authorizationUrl(client, { redirect_uri: "http://127.0.0.1:49152/callback" });
    expect((await openInteraction(auth.browser(), url)).uid).toBeDefined();
    const { url: other } = await authorizationUrl(client, { redirect_uri: "http://127.0.0.1:49152/other" });
    expect((await auth.browser().request(other)).status).toBe(400);
  });

  test("is answered with the issuer, so that it cannot be mixed up with another's (RFC 9207)", async () => {
    expect((await getCode()).back.searchParams.get("iss")).toBe(issuer);
  });

  test("of a client of somebody else's asks for consent, of ours does not", async () => {
    const browser = auth.browser();
    await signIn(auth, { browser });
    const ours = await authorizationUrl(await auth.client("web"));
    expect((await openInteraction(browser, ours.url)).url.searchParams.get("code")).not.toBeNull();
    const theirs = await authorizationUrl(await auth.client("partner"), {
      redirect_uri: partnerCallback,
      scope: "openid task:read",
    });
    expect((await openInteraction(browser, theirs.url)).uid).toBeDefined();
  });

  test("of a native client shows itself, though somebody is signed in (RFC 8252, 8.6)", async () => {
    const browser = auth.browser();
    await signIn(auth, { browser });
    const { url } = await authorizationUrl(await auth.client("desktop"), {
      redirect_uri: "http://127.0.0.1:1/callback",
    });
    expect((await openInteraction(browser, url)).uid).toBeDefined();
  });
});

describe("a client of somebody else's", () => {
  /** Somebody is signed in, and the client asks: as far as the page that asks for consent. */
  async function askConsent(browser = auth.browser()) {
    const client = await auth.client("partner");
    const request = await authorizationUrl(client, {
      redirect_uri: partnerCallback,
      scope: "openid platform task:read",
    });
    await signIn(auth, { browser });
    const { uid = "" } = await openInteraction(browser, request.url);
    const page = await browser.request(`${issuer}/interaction/${uid}`);
    const answer = (path: string) =>
      browser.open(`${issuer}/interaction/${uid}${path}`, { method: "POST", body: new URLSearchParams() });
    return { client, browser, page, answer, ...request };
  }

  test("gets what the person allows, and of that what the settings let it have", async () => {
    const { client, answer, verifier, state } = await askConsent();
    const { url } = await answer("/consent");
    const tokens = await oauth.authorizationCodeGrant(client, url, {
      pkceCodeVerifier: verifier,
      expectedState: state,
    });

    expect(decodeJwt(tokens.access_token)).toMatchObject({ client_id: "partner", scope: "task:read" });
  });

  test("is asked about once a session", async () => {
    const { browser, answer } = await askConsent();
    await answer("/consent");
    const { url } = await authorizationUrl(await auth.client("partner"), {
      redirect_uri: partnerCallback,
      scope: "openid task:read",
    });
    expect((await openInteraction(browser, url)).url.searchParams.has("code")).toBe(true);
  });

  test("hears that the person does not want to", async () => {
    const { answer } = await askConsent();
    const { url } = await answer("/abort");
    expect(url.href.startsWith("https://partner.test/signed-in")).toBe(true);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ error: "access_denied", iss: issuer });
  });

  test("is asked about on a page that cannot be framed, whose forms lead to the client and nowhere else", async () => {
    const { page } = await askConsent();
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("form-action 'self' https://partner.test;");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
  });

  test("gets nothing by a consent that another site sends", async () => {
    const { browser, url } = await askConsent();
    const { uid = "" } = await openInteraction(browser, url);
    const stranger = auth.browser();
    const sent = await stranger.request(`${issuer}/interaction/${uid}/consent`, {
      method: "POST",
      body: new URLSearchParams(),
    });
    expect(sent.status).toBe(410);
  });
});

describe("an authorisation code", () => {
  test("is good once: again, it takes with it what it was exchanged for", async () => {
    const { back, verifier } = await getCode();
    const form = { code: back.searchParams.get("code") ?? "", code_verifier: verifier };
    const first = await exchange(form, 0);
    expect(first.status).toBe(200);
    expect(await exchange(form, 1)).toMatchObject({ status: 400, error: "invalid_grant" });
    const again = new URLSearchParams({
      grant_type: "refresh_token",
      client_id: "web",
      refresh_token: first.refresh_token ?? "",
    });
    expect((await auth.fetch(`${issuer}/token`, { method: "POST", body: again })).status).toBe(400);
    const sid = String(decodeJwt(first.access_token ?? "")["sid"]);
    expect(
      await auth.daemons.sqlIn("app", `SELECT FROM access.revoked_sessions WHERE session_id = '${sid}'`),
    ).toHaveLength(1);
  });

  test("is exchanged by one of many at the same time at most", async () => {
    const { back, verifier } = await getCode();
    const form = { code: back.searchParams.get("code") ?? "", code_verifier: verifier };
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => exchange(form, n % 2)));
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    expect(new Set(answers.flatMap(({ error }) => error ?? []))).toEqual(new Set(["invalid_grant"]));
  });

  test.each([
    ["another verifier", { code_verifier: oauth.randomPKCECodeVerifier() }],
    ["no verifier", { code_verifier: "" }],
    ["another redirect URI", { redirect_uri: "https://platform.test/" }],
    ["another client", { client_id: "mobile" }],
  ])("is worth nothing with %s", async (_with, wrong) => {
    const { back, verifier } = await getCode();
    const answer = await exchange({ code: back.searchParams.get("code") ?? "", code_verifier: verifier, ...wrong });
    expect(answer).toMatchObject({ status: 400, error: "invalid_grant" });
  });

  test("of a session that has ended since is worth nothing", async () => {
    const { back, verifier } = await getCode();
    const [session] = await auth.daemons.sqlIn(
      "auth",
      "SELECT session_uid FROM oidc_objects WHERE model = 'AuthorizationCode' ORDER BY created_at DESC LIMIT 1",
    );
    await auth.daemons.sqlIn(
      "auth",
      `DELETE FROM oidc_objects WHERE model = 'Session' AND uid = '${String(session?.["session_uid"])}'`,
    );
    const answer = await exchange({ code: back.searchParams.get("code") ?? "", code_verifier: verifier });
    expect(answer).toMatchObject({ status: 400, error: "invalid_grant" });
  });
});

describe("the token endpoint", () => {
  test.each(["password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer"])(
    "knows no grant type %s",
    async (type) => {
      const answer = await exchange({ grant_type: type, username: "ada@example.com", password: "x" });
      expect(answer).toMatchObject({ status: 400, error: "unsupported_grant_type" });
    },
  );

  test("takes no parameter twice", async () => {
    const body = `grant_type=refresh_token&client_id=web&client_id=cli&refresh_token=x`;
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    expect((await auth.fetch(`${issuer}/token`, { method: "POST", body, headers })).status).toBe(400);
  });

  test("lets the pages of a client call it from its own origin alone", async () => {
    const ask = (origin: string) => {
      const body = new URLSearchParams({ grant_type: "refresh_token", client_id: "web", refresh_token: "x" });
      return auth.fetch(`${issuer}/token`, { method: "POST", body, headers: { origin } });
    };
    expect((await ask("https://platform.test")).headers.get("access-control-allow-origin")).toBe(
      "https://platform.test",
    );
    expect((await ask("https://evil.test")).headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("the browser's side", () => {
  test("cookies are bound to this host, out of reach of scripts and of other sites' forms, and signed", async () => {
    const browser = auth.browser();
    const { url } = await authorizationUrl(await auth.client("web"));
    const { uid = "" } = await openInteraction(browser, url);
    const early = browser.cookies.map(({ name }) => name);
    await browser.open(`${issuer}/interaction/${uid}/federation/foreign/start`);
    const session = browser.cookies.find(({ name }) => name === "__Host-session");
    expect(session?.path).toBe("/");
    expect(early).toContain("__Secure-interaction");
    for (const { attributes } of browser.cookies) {
      expect(attributes).toContain("secure");
      expect(attributes).toContain("httponly");
      expect(attributes).toContain("samesite=lax");
      expect(attributes).not.toContain("domain");
    }
    expect(browser.cookies.map(({ name }) => name)).toContain("__Host-session.sig");
  });

  test("a session has another cookie after each sign-in (session fixation)", async () => {
    const browser = auth.browser();
    await signIn(auth, { browser });
    const before = browser.cookies.find(({ name }) => name === "__Host-session")?.value;
    const { url } = await authorizationUrl(await auth.client("web"), { prompt: "login" });
    await passInteraction(auth, browser, url);
    expect(browser.cookies.find(({ name }) => name === "__Host-session")?.value).not.toBe(before);
  });

  test("a form is answered with 303: what was typed in goes nowhere else (RFC 9700, 4.12)", async () => {
    const browser = auth.browser();
    const { url } = await authorizationUrl(await auth.client("web"));
    const { uid = "" } = await openInteraction(browser, url);
    expect((await browser.request(`${issuer}/interaction/${uid}/abort`, { method: "POST" })).status).toBe(303);
  });

  test("a cookie whose signature is another's is no session", async () => {
    const browser = auth.browser();
    await signIn(auth, { browser });
    const cookie = browser.cookies.find(({ name }) => name === "__Host-session");
    if (cookie) cookie.value = randomUUID();
    const { url } = await authorizationUrl(await auth.client("web"));
    expect((await openInteraction(browser, url)).uid).toBeDefined();
  });

  test("an interaction is the browser's that began it (login CSRF)", async () => {
    const { url } = await authorizationUrl(await auth.client("web"));
    const { uid = "" } = await openInteraction(auth.browser(), url);
    const response = await auth.browser().request(`${issuer}/interaction/${uid}/federation/foreign/start`);
    expect(response.status).toBe(410);
  });

  test("pages cannot be framed, run no script of others and tell nobody where they were", async () => {
    const response = await auth.browser().request(`${issuer}/authorize?client_id=nobody`);
    expect(response.headers.get("content-security-policy")).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(response.headers.get("content-security-policy")).not.toMatch(/script-src|unsafe/);
    expect(response.headers.get("x-frame-options")).toBe("DENY");
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    expect(response.headers.get("cache-control")).toBe("no-store");
  });
});

describe("discovery", () => {
  test("says what is, and nothing that is not", async () => {
    const document = (await (await auth.fetch(`${issuer}/.well-known/openid-configuration`)).json()) as Record<
      string,
      unknown
    >;
    expect(document).toMatchObject({
      issuer,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      code_challenge_methods_supported: ["S256"],
      response_types_supported: ["code", "none"],
      id_token_signing_alg_values_supported: ["ES256"],
      authorization_response_iss_parameter_supported: true,
    });
    expect(document["registration_endpoint"]).toBeUndefined();
    expect(document["grant_types_supported"]).not.toContain("implicit");
    expect(document["grant_types_supported"]).not.toContain("password");
  });

  test("does not repeat a host that a client made up", async () => {
    const response = await fetch(`${auth.instances[0]?.url ?? ""}/.well-known/openid-configuration`, {
      headers: { "x-forwarded-host": "evil.test", "x-forwarded-proto": "http", "x-forwarded-prefix": "/evil" },
    });
    const text = await response.text();
    expect(text).toContain(`"${issuer}/token"`);
    expect(text).not.toContain("evil");
  });

  test("and all other requests are counted by the endpoint's name", async () => {
    await signIn(auth);
    for (const route of ["/token", "/authorize", "/authorize/:uid", "/jwks", "/.well-known/openid-configuration"]) {
      expect(await auth.counter("http_request_duration_seconds_count", `route="${route}"`)).toBeGreaterThan(0);
    }
  });

  test("shows public keys alone", async () => {
    const { keys } = (await (await auth.fetch(`${issuer}/jwks`)).json()) as { keys: Record<string, unknown>[] };
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) expect(Object.keys(key).toSorted()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
  });
});
