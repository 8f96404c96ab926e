import { createHash, randomUUID } from "node:crypto";
import type { OwnIssuer } from "@purlin/kit/authenticator-settings";
import type { Credentials } from "@purlin/kit/identity";
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  SignJWT,
  type GenerateKeyPairResult,
  type JWK,
} from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDaemons, type Daemons } from "./daemons.ts";
import { startIssuer, type TestIssuer } from "./issuer.ts";
import { prepareAccess, problemOf, request, startAuthenticator, type TestAuthenticator } from "./kit-world.ts";
import { createSubject } from "./tenants.ts";

/* Sender-constrained tokens by RFC 9449: what a resource server must refuse (section 4.3). */
const release = new AsyncDisposableStack();
let daemons: Daemons;
let issuer: TestIssuer;
let authenticator: TestAuthenticator;
let second: TestAuthenticator;
let ada: string;
let key: { private: GenerateKeyPairResult["privateKey"]; jwk: JWK; whole: JWK; thumbprint: string };
let token: string;

const url = "https://platform.test/api/organisations";

beforeAll(async () => {
  daemons = await startDaemons(["storage", "replica"]);
  release.defer(daemons.stop);
  await prepareAccess(daemons);
  issuer = release.use(await startIssuer());
  const own: OwnIssuer = {
    issuer: issuer.url,
    audience: issuer.audience,
    algorithms: ["ES256"],
    type: "at+jwt",
    maxAge: 3600,
  };
  authenticator = release.use(startAuthenticator(daemons, [own]));
  second = release.use(startAuthenticator(daemons, [own]));
  ada = await createSubject(daemons, "Ada");
  key = await newKey();
  token = await issuer.sign({ sub: ada, cnf: { jkt: key.thumbprint } });
});

afterAll(() => release.disposeAsync());

async function newKey() {
  const pair = await generateKeyPair("ES256", { extractable: true });
  const jwk = await exportJWK(pair.publicKey);
  return {
    private: pair.privateKey,
    jwk,
    whole: await exportJWK(pair.privateKey),
    thumbprint: await calculateJwkThumbprint(jwk),
  };
}

const now = () => Math.floor(Date.now() / 1000);

function prove(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, by = key): Promise<string> {
  const ath = createHash("sha256").update(token).digest("base64url");
  const all: Record<string, unknown> = { jti: randomUUID(), htm: "GET", htu: url, ath, iat: now(), ...claims };
  return new SignJWT(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)))
    .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk: by.jwk, ...header })
    .sign(by.private);
}

const dpop = (proof: string | undefined, more: Partial<Credentials> = {}, on = authenticator) =>
  on.authenticate(request(`DPoP ${token}`, { dpop: proof, url, ...more }));

async function expectRefused(attempt: Promise<unknown>): Promise<void> {
  const problem = await problemOf(attempt);
  expect(problem.code).toBe("unauthorized");
  expect(problem.options.headers?.["www-authenticate"]).toMatch(
    /^DPoP algs="ES256 EdDSA Ed25519", error="invalid_dpop_proof"/,
  );
}

test("a proof for this very request is accepted, whatever the query and however the URL is written", async () => {
  await dpop(await prove());
  await dpop(await prove(), { url: `${url}?limit=5` });
  await dpop(await prove({ htu: "HTTPS://Platform.test:443/api/x/../organisations#top" }));
  await dpop(await prove({ htm: "POST" }), { method: "POST" });
});

test.each<[string, () => Record<string, unknown>]>([
  ["another method", () => ({ htm: "POST" })],
  ["the method in another case", () => ({ htm: "get" })],
  ["another path", () => ({ htu: `${url}/x` })],
  ["another host", () => ({ htu: "https://evil.test/api/organisations" })],
  ["another scheme", () => ({ htu: url.replace("https", "http") })],
  ["no URL", () => ({ htu: undefined })],
  ["text that is no URL", () => ({ htu: "not a url" })],
  ["another token", () => ({ ath: createHash("sha256").update("other").digest("base64url") })],
  ["no token", () => ({ ath: undefined })],
  ["a while ago", () => ({ iat: now() - 120 })],
  ["later", () => ({ iat: now() + 120 })],
  ["no time", () => ({ iat: undefined })],
  ["no id", () => ({ jti: undefined })],
  ["an id beyond all measure", () => ({ jti: "x".repeat(300) })],
])("a proof for %s is refused", async (_name, claims) => {
  await expectRefused(dpop(await prove(claims())));
});

describe("the proof's key and header", () => {
  test("another key than the token is bound to", async () => {
    const other = await newKey();
    await expectRefused(dpop(await prove({}, {}, other)));
    await expectRefused(dpop(await prove({}, { jwk: key.jwk }, other)));
  });

  test.each<[string, () => Record<string, unknown>]>([
    ["no key", () => ({ jwk: undefined })],
    ["a private key", () => ({ jwk: key.whole })],
    ["a shared key", () => ({ jwk: { kty: "oct", k: "c2VjcmV0" } })],
    ["points on no curve", () => ({ jwk: { ...key.jwk, x: "AAAA" } })],
    ["the type of an access token", () => ({ typ: "at+jwt" })],
    ["no type", () => ({ typ: undefined })],
  ])("%s", async (_name, header) => {
    await expectRefused(dpop(await prove({}, header())));
  });

  test.each(["", "a.b.c", "x".repeat(5000)])("what is no proof: %s", async (text) => {
    await expectRefused(dpop(text));
  });
});

describe("replay", () => {
  test("the same proof is good once, also on another instance", async () => {
    const proof = await prove();
    await dpop(proof);
    await expectRefused(dpop(proof));
    await expectRefused(dpop(proof, {}, second));
  });

  test("of ten at the same time one gets through", async () => {
    const proof = await prove();
    const all = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) => dpop(proof, {}, n % 2 ? second : authenticator)),
    );
    expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("with Redis away an instance still refuses what it has seen, and serves the rest", async () => {
    await daemons.redis.kill();
    try {
      const proof = await prove();
      await dpop(proof);
      await expectRefused(dpop(proof));
    } finally {
      await daemons.redis.start();
    }
  });
});

describe("schemes", () => {
  test("a bound token without a proof, or as Bearer, is worth nothing", async () => {
    await expectRefused(dpop(undefined));
    for (const dpopHeader of [undefined, await prove()]) {
      const problem = await problemOf(
        authenticator.authenticate(request(`Bearer ${token}`, { dpop: dpopHeader, url })),
      );
      expect(problem.code).toBe("unauthorized");
    }
  });

  test("a token that is not bound is not accepted as DPoP", async () => {
    const free = await issuer.sign({ sub: ada });
    const proof = await prove({ ath: createHash("sha256").update(free).digest("base64url") });
    const problem = await problemOf(authenticator.authenticate(request(`DPoP ${free}`, { dpop: proof, url })));
    expect(problem.code).toBe("unauthorized");
  });
});
