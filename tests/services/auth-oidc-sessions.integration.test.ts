import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import * as oauth from "openid-client";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createLogger } from "@purlin/kit/logger";
import { createMetrics } from "@purlin/kit/metrics";
import { readAuthConfig } from "../../services/auth/src/config.ts";
import { connect } from "../../services/auth/src/services.ts";
import { formOf, type Browser } from "../harness/browser.ts";
import {
  authorizationUrl,
  issuer,
  openInteraction,
  passInteraction,
  signIn,
  startAuth,
  type AuthUnderTest,
  type SignedIn,
} from "./auth-oidc.ts";

const shopCallback = "https://shop.test/back";

let auth: AuthUnderTest;
let shop: Shop;
/** A third instance, in this process: what the pages of accounts call. */
let inside: ReturnType<typeof connect>;

beforeAll(async () => {
  shop = await startShop();
  auth = await startAuth(() => ({
    AUTH_CLIENTS: JSON.stringify([
      { id: "shop", name: "Shop", firstParty: true, redirectUris: [shopCallback], backchannelLogoutUri: shop.url },
    ]),
  }));
  const env = { ...auth.env, SERVICE_NAME: "auth", SERVICE_INSTANCE: "auth-3", PORT: "1", INTERNAL_PORT: "1" };
  inside = connect(
    readAuthConfig(env),
    createLogger({ service: "auth", instance: "auth-3", level: "silent" }),
    createMetrics("auth", "0"),
  );
});
afterAll(async () => {
  for (const { run } of inside.close) await Promise.resolve().then(run);
  await auth[Symbol.asyncDispose]();
  shop.server.close();
});
let person = 0;
beforeEach(async () => {
  person++;
  await auth.foreign.person({ sub: String(person), email: `person-${person}@example.com`, name: "Ada" });
  shop.told.length = 0;
});

/** A client that wants to hear of sign-outs. */
interface Shop {
  server: Server;
  url: string;
  /** Logout tokens. */
  told: string[];
}

async function startShop(): Promise<Shop> {
  const told: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      told.push(new URLSearchParams(body).get("logout_token") ?? "");
      response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { server, told, url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/logout` };
}

async function signInAtShop(browser: Browser) {
  const client = await auth.client("shop");
  const { url, verifier, state } = await authorizationUrl(client, { redirect_uri: shopCallback });
  const back = await passInteraction(auth, browser, url);
  return oauth.authorizationCodeGrant(client, back, { pkceCodeVerifier: verifier, expectedState: state });
}

async function isSignedIn(browser: Browser): Promise<boolean> {
  const { url } = await authorizationUrl(await auth.client("web"));
  return (await openInteraction(browser, url)).uid === undefined;
}

async function canRefresh({ client, tokens }: Pick<SignedIn, "client" | "tokens">): Promise<boolean> {
  const token = tokens.refresh_token ?? "";
  return oauth.refreshTokenGrant(client, token).then(
    () => true,
    () => false,
  );
}

async function isRevoked(accessToken: string): Promise<boolean> {
  const sid = String(decodeJwt(accessToken)["sid"]);
  return (
    (await auth.daemons.sqlIn("app", `SELECT FROM access.revoked_sessions WHERE session_id = '${sid}'`)).length > 0
  );
}

const accountOf = ({ tokens }: Pick<SignedIn, "tokens">) => tokens.claims()?.sub ?? "";

describe("signing out at a client", () => {
  const signOutUrl = ({ tokens }: SignedIn, parameters: Record<string, string> = {}) => {
    const url = new URL(`${issuer}/sign-out`);
    url.search = new URLSearchParams({
      id_token_hint: tokens.id_token ?? "",
      post_logout_redirect_uri: "https://platform.test/",
      state: "s",
      ...parameters,
    }).toString();
    return url;
  };

  test("ends the session, its tokens, and leads back", async () => {
    const web = await signIn(auth);
    const page = await (await web.browser.request(signOutUrl(web))).text();
    const { action, fields } = formOf(page);
    const { url } = await web.browser.open(action, {
      method: "POST",
      body: new URLSearchParams({ ...fields, logout: "yes" }),
    });
    expect(url.href).toBe("https://platform.test/?state=s");
    expect(await isSignedIn(web.browser)).toBe(false);
    expect(await canRefresh(web)).toBe(false);
    expect(await isRevoked(web.tokens.access_token)).toBe(true);
  });

  test("tells other clients of the session by the back channel", async () => {
    const web = await signIn(auth);
    const tokens = await signInAtShop(web.browser);
    const { action, fields } = formOf(await (await web.browser.request(signOutUrl(web))).text());
    await web.browser.request(action, { method: "POST", body: new URLSearchParams({ ...fields, logout: "yes" }) });
    expect(shop.told).toHaveLength(1);
    const keys = createLocalJWKSet((await (await auth.fetch(`${issuer}/jwks`)).json()) as { keys: [] });
    const { payload } = await jwtVerify(shop.told[0] ?? "", keys, { issuer, audience: "shop", typ: "logout+jwt" });
    expect(payload).toMatchObject({
      sub: accountOf(web),
      sid: tokens.claims()?.["sid"],
      events: { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    expect(payload["nonce"]).toBeUndefined();
  });

  test("leads to no address but those of the client", async () => {
    const web = await signIn(auth);
    const response = await web.browser.request(signOutUrl(web, { post_logout_redirect_uri: "https://evil.test/" }));
    expect(response.status).toBe(400);
    expect(await isSignedIn(web.browser)).toBe(true);
  });

  test("does not happen by a form of another site's", async () => {
    const web = await signIn(auth);
    await web.browser.request(signOutUrl(web));
    const body = new URLSearchParams({ xsrf: "guessed", logout: "yes" });
    expect((await web.browser.request(`${issuer}/sign-out/confirm`, { method: "POST", body })).status).toBe(400);
    expect(await isSignedIn(web.browser)).toBe(true);
  });

  test("may be thought better of", async () => {
    const web = await signIn(auth);
    const { action, fields } = formOf(await (await web.browser.request(signOutUrl(web, { id_token_hint: "" }))).text());
    await web.browser.request(action, { method: "POST", body: new URLSearchParams(fields) });
    expect(await isSignedIn(web.browser)).toBe(true);
  });
});

describe("the sessions of an account", () => {
  test("are its browsers and its applications", async () => {
    const web = await signIn(auth);
    const cli = await signInCli(web.browser);
    const sessions = await inside.services.sessions.list(accountOf(web));
    expect(sessions.map(({ kind, clients }) => ({ kind, clients: clients.map(({ id }) => id) }))).toEqual([
      { kind: "browser", clients: expect.arrayContaining(["web"]) as string[] },
      { kind: "application", clients: ["cli"] },
    ]);
    expect(sessions[1]?.id).toBe(decodeJwt(cli.tokens.access_token)["sid"]);
    expect(sessions[0]?.userAgent).toBeDefined();
  });

  test("end one by one: a browser's with its tokens, at once and on every instance", async () => {
    const [here, there] = [await signIn(auth), await signIn(auth)];
    const cli = await signInCli(there.browser);
    await signInAtShop(there.browser);
    const sessions = await inside.services.sessions.list(accountOf(here));
    expect(sessions).toHaveLength(3);
    expect(await inside.services.sessions.end(accountOf(here), sessions[1]?.id ?? "")).toBe(true);
    expect(await isSignedIn(there.browser)).toBe(false);
    expect(await canRefresh(there)).toBe(false);
    expect(await isRevoked(there.tokens.access_token)).toBe(true);
    expect(shop.told).toHaveLength(1);
    expect(await isSignedIn(here.browser)).toBe(true);
    expect(await canRefresh(here)).toBe(true);
    expect(await canRefresh(cli)).toBe(true); // an application's is its own
  });

  test("end one by one: an application's", async () => {
    const web = await signIn(auth);
    const cli = await signInCli(web.browser);
    expect(await inside.services.sessions.end(accountOf(web), String(decodeJwt(cli.tokens.access_token)["sid"]))).toBe(
      true,
    );
    expect(await canRefresh(cli)).toBe(false);
    expect(await isRevoked(cli.tokens.access_token)).toBe(true);
    expect(await canRefresh(web)).toBe(true);
  });

  test("are nobody else's to end", async () => {
    const web = await signIn(auth);
    const [session] = await inside.services.sessions.list(accountOf(web));
    await auth.foreign.person({ sub: "mallory", email: "mallory@example.com" });
    const mallory = await signIn(auth);
    for (const id of [session?.id ?? "", String(decodeJwt(web.tokens.access_token)["sid"])]) {
      expect(await inside.services.sessions.end(accountOf(mallory), id)).toBe(false);
    }
    expect(await canRefresh(web)).toBe(true);
  });

  test("all end: browsers, applications, and every token from before", async () => {
    const [here, there] = [await signIn(auth), await signIn(auth)];
    const cli = await signInCli(here.browser);
    await inside.services.sessions.endAll(accountOf(here));
    expect(await inside.services.sessions.list(accountOf(here))).toEqual([]);
    for (const gone of [here, there, cli]) {
      expect(await canRefresh(gone)).toBe(false);
      expect(await isRevoked(gone.tokens.access_token)).toBe(true);
    }
    const [subject] = await auth.daemons.sqlIn(
      "app",
      `SELECT tokens_valid_from > now() - interval '1 minute' AS moved FROM access.subjects WHERE id = '${accountOf(here)}'`,
    );
    expect(subject).toEqual({ moved: true });
    const again = await signIn(auth, { browser: here.browser });
    expect(await isRevoked(again.tokens.access_token)).toBe(false);
  });

  test("that have ended open no API any more, within a second", async () => {
    const web = await signIn(auth);
    const ask = () => auth.fetch(`${issuer}/me`, { headers: { authorization: `Bearer ${web.tokens.access_token}` } });
    expect((await ask()).status).toBe(200);
    await inside.services.sessions.endAll(accountOf(web));
    await sleep(1000);
    for (let instance = 0; instance < 2; instance++) expect((await ask()).status).toBe(401);
  });

  test("all end but this one", async () => {
    const [here, there] = [await signIn(auth), await signIn(auth)];
    const [kept] = await inside.services.sessions.list(accountOf(here));
    await inside.services.sessions.endAll(accountOf(here), { except: kept?.id ?? "" });
    expect(await isSignedIn(here.browser)).toBe(true);
    expect(await canRefresh(here)).toBe(true);
    expect(await isSignedIn(there.browser)).toBe(false);
    expect(await canRefresh(there)).toBe(false);
  });

  test("do not come back by requests that were under way", async () => {
    for (let round = 0; round < 5; round++) {
      const web = await signIn(auth);
      const client = await auth.client("web");
      const requests = await Promise.all(Array.from({ length: 8 }, () => authorizationUrl(client)));
      const asking = requests.map(async ({ url, verifier, state }) => {
        const opened = await openInteraction(copyOf(web.browser), url);
        if (!opened.url.searchParams.has("code")) return "asked to sign in";
        return oauth.authorizationCodeGrant(client, opened.url, { pkceCodeVerifier: verifier, expectedState: state });
      });
      const [ended, ...results] = await Promise.allSettled([
        inside.services.sessions.endAll(accountOf(web)),
        ...asking,
      ]);
      expect(ended.status).toBe("fulfilled");
      expect(await inside.services.sessions.list(accountOf(web))).toEqual([]);
      expect(await isSignedIn(copyOf(web.browser))).toBe(false);
      for (const result of results) {
        if (result.status === "rejected" || typeof result.value !== "object") continue;
        expect(await canRefresh({ client, tokens: result.value })).toBe(false);
      }
    }
  });
});

/** A browser with the cookies of another, which are not written back. */
function copyOf(browser: Browser): Browser {
  const copy = auth.browser();
  copy.cookies.push(...browser.cookies.map((cookie) => ({ ...cookie })));
  return copy;
}

/** The command line, signed in with the help of a browser that is. */
async function signInCli(browser: Browser): Promise<SignedIn> {
  const client = await auth.client("cli");
  const device = await oauth.initiateDeviceAuthorization(client, { scope: "openid platform" });
  const first = formOf(await (await browser.request(device.verification_uri)).text());
  const typed = new URLSearchParams({ ...first.fields, user_code: device.user_code });
  const second = formOf(await (await browser.request(first.action, { method: "POST", body: typed })).text());
  await browser.open(second.action, { method: "POST", body: new URLSearchParams(second.fields) });
  const tokens = await oauth.pollDeviceAuthorizationGrant(client, { ...device, interval: 0.1 });
  return { client, tokens, browser };
}
