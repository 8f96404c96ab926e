import { decodeJwt } from "jose";
import * as oauth from "openid-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMetrics } from "@purlin/kit/metrics";
import { createDatabase, type Database } from "@purlin/kit/postgres";
import { createObjects } from "../../services/auth/src/oidc/objects.ts";
import type { Browser } from "../harness/browser.ts";
import {
  authorizationUrl,
  issuer,
  openInteraction,
  signIn,
  startAuth,
  type AuthUnderTest,
  type SignedIn,
} from "./auth-oidc.ts";
import { logger } from "./kit-world.ts";

/* Sessions that are over, and what they are made of (OWASP ASVS 5.0, V7). */
let auth: AuthUnderTest;
let database: Database;
beforeAll(async () => {
  auth = await startAuth();
  const postgres = { POSTGRES_PRIMARY_URL: auth.env["POSTGRES_PRIMARY_URL"] ?? "", POSTGRES_REPLICA_URLS: [] };
  database = createDatabase(postgres, logger, createMetrics("test", "0"), "test");
  await auth.foreign.person({ sub: "1", email: "ada@example.com", name: "Ada" });
});
afterAll(async () => {
  await database.close();
  await auth[Symbol.asyncDispose]();
});

const cookieOf = ({ cookies }: Browser) => cookies.find(({ name }) => name === "__Host-session")?.value ?? "";

/** As if this object's time were over. What says so is sealed, where nobody with the database alone can write. */
async function expire(model: string, id = ""): Promise<void> {
  const objects = createObjects(Buffer.from(auth.env["AUTH_SECRET"] ?? "", "base64"), 30);
  const found = await objects.find(database.readPrimary, model, id);
  if (!found) throw new Error(`there is no such ${model}`);
  const payload = { ...found.payload, exp: Math.floor(Date.now() / 1000) - 60 }; // past any tolerance of clocks
  await objects.put(database.readPrimary, model, id, payload, { expiresIn: 1000 });
}

/** Whether the browser gets a code without signing in again. */
async function isSignedIn({ browser, client }: SignedIn): Promise<boolean> {
  const { url } = await openInteraction(browser, (await authorizationUrl(client)).url);
  return url.searchParams.has("code");
}

const canRefresh = ({ client, tokens }: SignedIn) =>
  oauth.refreshTokenGrant(client, tokens.refresh_token ?? "").then(
    () => true,
    () => false,
  );

describe("a session", () => {
  test("whose time is over asks to sign in again, and its tokens are not renewed", async () => {
    const web = await signIn(auth);
    expect(await isSignedIn(web)).toBe(true);
    await expire("Session", cookieOf(web.browser));
    expect(await isSignedIn(web)).toBe(false);
    expect(await canRefresh(web)).toBe(false);
  });

  test("has a secret of its own each time, with more than 128 random bits", async () => {
    const secrets = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { browser } = await signIn(auth);
        return cookieOf(browser);
      }),
    );
    expect(new Set(secrets).size).toBe(20);
    for (const secret of secrets) expect(secret).toMatch(/^[\w-]{22,}$/);
    for (let at = 0; at < 16; at++) expect(new Set(secrets.map((secret) => secret[at])).size).toBeGreaterThan(5);
  });

  test("that somebody prepared is not the one they get (session fixation)", async () => {
    const browser = auth.browser();
    const prepared = "A".repeat(43);
    for (const name of ["__Host-session", "__Host-session.sig"]) {
      browser.cookies.push({ name, value: prepared, path: "/", attributes: "" });
    }
    const web = await signIn(auth, { browser });
    expect(cookieOf(web.browser)).not.toBe(prepared);
  });
});

describe("a refresh token", () => {
  test("whose time is over is worth nothing", async () => {
    const web = await signIn(auth);
    await expire("RefreshToken", web.tokens.refresh_token);
    expect(await canRefresh(web)).toBe(false);
  });

  test("whose grant is over is worth nothing", async () => {
    const web = await signIn(auth);
    await expire("Grant", String(decodeJwt(web.tokens.access_token)["sid"]));
    expect(await canRefresh(web)).toBe(false);
  });
});

test("everything that is kept has an end, and none lives longer than it is said to", async () => {
  const web = await signIn(auth);
  await canRefresh(web);
  await oauth.initiateDeviceAuthorization(await auth.client("cli"), { scope: "openid" });
  const rows = await auth.daemons.sqlIn(
    "auth",
    "SELECT model, max(extract(epoch FROM expires_at - updated_at))::int AS seconds FROM oidc_objects GROUP BY model",
  );
  const longest: Record<string, number> = {
    ...{ Session: 14 * 86_400, Grant: 90 * 86_400, RefreshToken: 14 * 86_400 },
    ...{ AuthorizationCode: 60, DeviceCode: 600, Interaction: 3600, AccessToken: 300, ReplayDetection: 600 },
  };
  expect(rows.length).toBeGreaterThanOrEqual(5);
  for (const { model, seconds } of rows) {
    expect([model, Number(seconds) <= (longest[String(model)] ?? 0) + 5]).toEqual([model, true]);
  }
});

test("an access token lives five minutes, and says whose session it is of", async () => {
  const { tokens } = await signIn(auth);
  const { exp = 0, iat = 0, sid, jti } = decodeJwt(tokens.access_token);
  expect(exp - iat).toBe(300);
  expect(tokens.expires_in).toBeLessThanOrEqual(300);
  expect([typeof sid, typeof jti]).toEqual(["string", "string"]);
});

test("what is presented as another kind of token is none", async () => {
  const { tokens } = await signIn(auth);
  const ask = (token = "") => auth.fetch(`${issuer}/me`, { headers: { authorization: `Bearer ${token}` } });
  expect((await ask(tokens.access_token)).status).toBe(200);
  for (const token of [tokens.id_token, tokens.refresh_token]) expect((await ask(token)).status).toBe(401);
});
