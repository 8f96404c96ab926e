import { createHash, randomBytes, randomUUID } from "node:crypto";
import { calculateJwkThumbprint, decodeJwt, exportJWK, generateKeyPair, SignJWT } from "jose";
import * as oauth from "openid-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formOf, type Browser } from "../harness/browser.ts";
import { authorizationUrl, issuer, passInteraction, signIn, startAuth, type AuthUnderTest } from "./auth-oidc.ts";
import { createOrganisation, createSubject, setRole } from "./tenants.ts";

const secret = "a-secret-of-a-confidential-client-of-ours";
const bankCallback = "https://bank.test/back";

let auth: AuthUnderTest;
beforeAll(async () => {
  auth = await startAuth(() => ({
    AUTH_CLIENTS: JSON.stringify([
      { id: "back-office", name: "Back office", firstParty: true, redirectUris: ["https://office.test/back"], secret },
      { id: "bank", name: "Bank", firstParty: true, redirectUris: [bankCallback], dpop: true },
    ]),
  }));
  await auth.foreign.person({ sub: "1", email: "ada@example.com", name: "Ada" });
});
afterAll(() => auth[Symbol.asyncDispose]());

async function post(
  path: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
  instance?: number,
) {
  const response = await auth.fetch(
    issuer + path,
    { method: "POST", body: new URLSearchParams(form), headers },
    instance,
  );
  const text = await response.text();
  const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
}

describe("a service account", () => {
  /** An account with a key that may read tasks and projects. */
  async function createServiceAccount(key: { expires?: string; revoked?: boolean } = {}) {
    const owner = await createSubject(auth.daemons, "Owner");
    const organisation = await createOrganisation(auth.daemons, "Org", owner);
    const id = await createSubject(auth.daemons, "Robot", "service");
    await setRole(auth.daemons, organisation, id, "member");
    const apiKey = `plk_${randomBytes(32).toString("base64url")}`;
    const hash = createHash("sha256").update(apiKey).digest("hex");
    await auth.daemons.sqlIn(
      "app",
      `INSERT INTO access.service_accounts (organisation_id, subject_id, created_by) VALUES ('${organisation}', '${id}', '${owner}');
       INSERT INTO access.api_keys (organisation_id, subject_id, name, hint, hash, permissions, created_by, expires_at, revoked_at)
       VALUES ('${organisation}', '${id}', 'key', 'plk_', '\\x${hash}', '{task:read,project:read}', '${owner}', now() + interval '${key.expires ?? "1 day"}', ${key.revoked ? "now()" : "NULL"})`,
    );
    return { id, apiKey };
  }
  const basic = (id: string, key: string) => ({
    authorization: `Basic ${Buffer.from(`${id}:${key}`).toString("base64")}`,
  });

  test("gets a token with its id and an API key, for what the key may do", async () => {
    const { id, apiKey } = await createServiceAccount();
    const tokens = await oauth.clientCredentialsGrant(await auth.client(id, apiKey));
    const claims = decodeJwt(tokens.access_token);
    expect(claims).toMatchObject({ sub: id, client_id: id, aud: "https://platform.test/api" });
    expect(String(claims["scope"]).split(" ").toSorted()).toEqual(["project:read", "task:read"]);
    expect(tokens.refresh_token).toBeUndefined();
  });

  test("gets no more than its key has, whatever it asks for", async () => {
    const { id, apiKey } = await createServiceAccount();
    const ask = async (scope: string) =>
      (await post("/token", { grant_type: "client_credentials", scope }, basic(id, apiKey))).body["scope"];
    expect(
      String(await ask("platform"))
        .split(" ")
        .toSorted(),
    ).toEqual(["project:read", "task:read"]);
    expect(await ask("task:read task:write member:manage")).toBe("task:read");
  });

  test("is refused with a key that is wrong, over, revoked or another's", async () => {
    const [good, over, revoked] = [
      await createServiceAccount(),
      await createServiceAccount({ expires: "-1 second" }),
      await createServiceAccount({ revoked: true }),
    ];
    const pairs = [
      [good.id, `plk_${randomBytes(32).toString("base64url")}`],
      [over.id, over.apiKey],
      [revoked.id, revoked.apiKey],
      [over.id, good.apiKey],
      [randomUUID(), good.apiKey],
    ];
    for (const [id = "", key = ""] of pairs) {
      const { status, body } = await post("/token", { grant_type: "client_credentials" }, basic(id, key));
      expect({ status, error: body["error"] }).toEqual({ status: 401, error: "invalid_client" });
    }
  });

  test("that is disabled is no client", async () => {
    const { id, apiKey } = await createServiceAccount();
    await auth.daemons.sqlIn("app", `UPDATE access.subjects SET disabled_at = now() WHERE id = '${id}'`);
    expect((await post("/token", { grant_type: "client_credentials" }, basic(id, apiKey))).status).toBe(401);
  });

  test("is no way for a public client to a token without a person", async () => {
    expect((await post("/token", { grant_type: "client_credentials", client_id: "web" })).status).toBe(400);
  });
});

describe("a confidential client", () => {
  test("needs its secret at the token endpoint", async () => {
    const form = { grant_type: "refresh_token", refresh_token: "x", client_id: "back-office" };
    expect((await post("/token", form)).body["error"]).toBe("invalid_client");
    expect((await post("/token", { ...form, client_secret: `${secret}x` })).body["error"]).toBe("invalid_client");
    expect((await post("/token", { ...form, client_secret: secret })).body["error"]).toBe("invalid_grant");
  });
});

describe("the device flow", () => {
  const scope = "openid platform";
  const start = async () => {
    const client = await auth.client("cli");
    const device = await oauth.initiateDeviceAuthorization(client, { scope });
    return { client, device };
  };
  /** Types in the code on the page, as far as the page that asks whether it was them. */
  const typeIn = async (browser: Browser, verificationUri: string, code: string) => {
    const page = await (await browser.request(verificationUri)).text();
    const { action, fields } = formOf(page);
    const body = new URLSearchParams({ ...fields, user_code: code });
    return (await browser.request(action, { method: "POST", body })).text();
  };
  const poll = (deviceCode: string) =>
    post("/token", {
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
      client_id: "cli",
      device_code: deviceCode,
    });

  test("signs in a device without a browser, and its tokens outlive the browser's session", async () => {
    const { client, device } = await start();
    expect((await poll(device.device_code)).body["error"]).toBe("authorization_pending");
    const browser = auth.browser();
    await signIn(auth, { browser });
    const confirm = await typeIn(browser, device.verification_uri, device.user_code);
    expect(confirm).toContain(device.user_code);
    expect(confirm).toContain("Command line");
    const { action, fields } = formOf(confirm);
    const done = await browser.open(action, { method: "POST", body: new URLSearchParams(fields) });
    expect(await done.response?.text()).toContain("Your device is signed in");
    const tokens = await oauth.pollDeviceAuthorizationGrant(client, { ...device, interval: 0.1 });
    expect(decodeJwt(tokens.access_token)).toMatchObject({ client_id: "cli", scope: "platform" });
    await auth.daemons.sqlIn("auth", "DELETE FROM oidc_objects WHERE model = 'Session'");
    expect((await oauth.refreshTokenGrant(client, tokens.refresh_token ?? "")).access_token).toBeDefined();
  });

  test("asks who it is first where nobody is signed in", async () => {
    const { device } = await start();
    const browser = auth.browser();
    const { action, fields } = formOf(await typeIn(browser, device.verification_uri, device.user_code));
    const response = await browser.request(action, { method: "POST", body: new URLSearchParams(fields) });
    const interaction = response.headers.get("location") ?? "";
    expect(interaction).toContain("/interaction/");
    const done = await browser.open(`${interaction}/federation/foreign/start`);
    expect(await done.response?.text()).toContain("Your device is signed in");
    expect((await poll(device.device_code)).status).toBe(200);
    expect((await poll(device.device_code)).body["error"]).toBe("invalid_grant"); // once
  });

  test("tells the device when the person says that it was not them", async () => {
    const { device } = await start();
    const browser = auth.browser();
    await signIn(auth, { browser });
    const { action, fields } = formOf(await typeIn(browser, device.verification_uri, device.user_code));
    await browser.request(action, { method: "POST", body: new URLSearchParams({ ...fields, abort: "yes" }) });
    expect((await poll(device.device_code)).body["error"]).toBe("access_denied");
  });

  test("does not go on without the token of its form (CSRF), nor with a code that is not known", async () => {
    const { device } = await start();
    const browser = auth.browser();
    await signIn(auth, { browser });
    await browser.request(device.verification_uri);
    const body = new URLSearchParams({ xsrf: "x", user_code: device.user_code, confirm: "yes" });
    expect((await browser.request(device.verification_uri, { method: "POST", body })).status).toBe(400);
    expect((await poll(device.device_code)).body["error"]).toBe("authorization_pending");
    expect(await typeIn(browser, device.verification_uri, "AAAA-AAAA")).toContain('role="alert"');
  });

  test("with the code in the address shows a button, and runs no script", async () => {
    const { device } = await start();
    const page = await (await auth.browser().request(device.verification_uri_complete ?? "")).text();
    expect(page).not.toContain("<script");
    expect(formOf(page).fields["user_code"]).toBe(device.user_code);
  });
});

describe("a pushed authorisation request", () => {
  test("keeps what is asked for out of the browser, and is good once", async () => {
    const client = await auth.client("web");
    const { url, verifier, state } = await authorizationUrl(client);
    const pushed = await oauth.buildAuthorizationUrlWithPAR(client, Object.fromEntries(url.searchParams));
    expect([...pushed.searchParams.keys()].toSorted()).toEqual(["client_id", "request_uri"]);
    const browser = auth.browser();
    const back = await passInteraction(auth, browser, pushed);
    const tokens = await oauth.authorizationCodeGrant(client, back, {
      pkceCodeVerifier: verifier,
      expectedState: state,
    });
    expect(tokens.access_token).toBeDefined();
    expect((await browser.open(pushed)).url.searchParams.get("code")).toBeNull();
  });

  test("is held to the same rules", async () => {
    const form = { client_id: "web", response_type: "code", scope: "openid", redirect_uri: "https://evil.test/" };
    expect((await post("/par", form)).status).toBe(400);
  });
});

describe("DPoP", () => {
  /** Proofs with a key of its own, by hand. */
  async function createProver() {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const jwk = await exportJWK(publicKey);
    const prove = (nonce: string | undefined, claims: Record<string, unknown> = {}) =>
      new SignJWT({
        htm: "POST",
        htu: `${issuer}/token`,
        jti: randomUUID(),
        iat: Math.floor(Date.now() / 1000),
        ...(nonce !== undefined && { nonce }),
        ...claims,
      })
        .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk })
        .sign(privateKey);
    return { prove, thumbprint: await calculateJwkThumbprint(jwk) };
  }
  /** Tokens of the client that is bound to keys, by openid-client. */
  async function signInBound() {
    const client = await auth.client("bank");
    const DPoP = oauth.getDPoPHandle(client, await oauth.randomDPoPKeyPair("ES256"));
    const { url, verifier, state } = await authorizationUrl(client, { redirect_uri: bankCallback });
    const back = await passInteraction(auth, auth.browser(), url);
    const tokens = await oauth.authorizationCodeGrant(
      client,
      back,
      { pkceCodeVerifier: verifier, expectedState: state },
      undefined,
      { DPoP },
    );
    return { client, DPoP, tokens };
  }

  test("binds access and refresh token to the client's key", async () => {
    const { client, DPoP, tokens } = await signInBound();
    expect(tokens.token_type).toBe("dpop");
    expect(decodeJwt(tokens.access_token)["cnf"]).toEqual({ jkt: await DPoP.calculateThumbprint() });
    const next = await oauth.refreshTokenGrant(client, tokens.refresh_token ?? "", undefined, { DPoP });
    expect(next.token_type).toBe("dpop");
    const other = await createProver();
    const form = { grant_type: "refresh_token", client_id: "bank", refresh_token: next.refresh_token ?? "" };
    expect((await post("/token", form)).status).toBe(400);
    const nonce =
      (await post("/token", form, { dpop: await other.prove(undefined) })).headers.get("dpop-nonce") ?? undefined;
    expect((await post("/token", form, { dpop: await other.prove(nonce) })).body["error"]).toBe("invalid_grant");
  });

  test("wants a nonce of ours, which every instance knows", async () => {
    const { prove } = await createProver();
    const form = { grant_type: "refresh_token", client_id: "bank", refresh_token: "x" };
    const first = await post("/token", form, { dpop: await prove(undefined) }, 0);
    expect(first.body["error"]).toBe("use_dpop_nonce");
    const nonce = first.headers.get("dpop-nonce") ?? undefined;
    expect((await post("/token", form, { dpop: await prove(nonce) }, 1)).body["error"]).toBe("invalid_grant"); // the proof was good
    expect((await post("/token", form, { dpop: await prove("made-up") }, 1)).body["error"]).toBe("use_dpop_nonce");
  });

  test("takes a proof once, at whichever instance, and of many at the same time one", async () => {
    const client = await auth.client("web");
    const request = await authorizationUrl(client);
    const back = await passInteraction(auth, auth.browser(), request.url);
    const { prove } = await createProver();
    const token = async (form: Record<string, string>, proof: string, instance: number) =>
      post("/token", { client_id: "web", ...form }, { dpop: proof }, instance);
    const nonce =
      (await token({ grant_type: "refresh_token", refresh_token: "x" }, await prove(undefined), 0)).headers.get(
        "dpop-nonce",
      ) ?? undefined;
    const code = {
      grant_type: "authorization_code",
      code: back.searchParams.get("code") ?? "",
      redirect_uri: "https://platform.test/callback",
      code_verifier: request.verifier,
    };
    const first = await token(code, await prove(nonce), 0);
    const form = { grant_type: "refresh_token", refresh_token: String(first.body["refresh_token"]) };
    const proof = await prove(nonce);
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => token(form, proof, n % 2)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await token(form, proof, 1)).status).toBe(400);
  });

  test.each([
    ["another address", { htu: "https://platform.test/auth/revoke" }],
    ["another method", { htm: "GET" }],
  ])("refuses a proof for %s", async (_other, claims) => {
    const { prove } = await createProver();
    const form = { grant_type: "refresh_token", client_id: "bank", refresh_token: "x" };
    const { body } = await post("/token", form, { dpop: await prove(undefined, claims) });
    expect(body["error"]).toBe("invalid_dpop_proof");
  });
});

describe("revocation and introspection", () => {
  const asOffice = { authorization: `Basic ${Buffer.from(`back-office:${secret}`).toString("base64")}` };
  const signInOffice = async () => {
    const client = await auth.client("back-office", secret);
    const { url, verifier, state } = await authorizationUrl(client, { redirect_uri: "https://office.test/back" });
    const back = await passInteraction(auth, auth.browser(), url);
    return oauth.authorizationCodeGrant(client, back, { pkceCodeVerifier: verifier, expectedState: state });
  };

  test("a client asks about its own tokens, and ends them", async () => {
    const tokens = await signInOffice();
    const token = tokens.refresh_token ?? "";
    expect((await post("/introspect", { token }, asOffice)).body).toMatchObject({
      active: true,
      client_id: "back-office",
    });
    expect((await post("/revoke", { token }, asOffice)).status).toBe(200);
    expect((await post("/introspect", { token }, asOffice)).body).toEqual({ active: false });
    const sid = String(decodeJwt(tokens.access_token)["sid"]);
    expect(
      await auth.daemons.sqlIn("app", `SELECT FROM access.revoked_sessions WHERE session_id = '${sid}'`),
    ).toHaveLength(1);
  });

  test("a client learns nothing of another's tokens, and cannot end them", async () => {
    const { tokens, client } = await signIn(auth);
    const token = tokens.refresh_token ?? "";
    expect((await post("/introspect", { token }, asOffice)).body).toEqual({ active: false });
    await post("/revoke", { token }, asOffice);
    expect((await oauth.refreshTokenGrant(client, token)).access_token).toBeDefined();
  });
});
