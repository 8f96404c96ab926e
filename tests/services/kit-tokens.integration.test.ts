import { createHmac, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { OwnIssuer } from "@purlin/kit/authenticator-settings";
import { base64url, exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT, type JWK } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDaemons, type Daemons } from "./daemons.ts";
import { startIssuer, type TestIssuer } from "./issuer.ts";
import { prepareAccess, problemOf, request, startAuthenticator, type TestAuthenticator } from "./kit-world.ts";
import { createSubject } from "./tenants.ts";

/* RFC 8725, "JSON Web Token Best Current Practices", from the side that verifies; and RFC 9068 for access tokens. */
const release = new AsyncDisposableStack();
let daemons: Daemons;
let ours: TestIssuer;
let theirs: TestIssuer;
let authenticator: TestAuthenticator;
let ada: string;

const own = (issuer: TestIssuer): OwnIssuer => ({
  issuer: issuer.url,
  audience: issuer.audience,
  algorithms: ["ES256", "EdDSA"],
  type: "at+jwt",
  maxAge: 3600,
});

beforeAll(async () => {
  daemons = await startDaemons(["storage", "replica"]);
  release.defer(daemons.stop);
  await prepareAccess(daemons);
  ours = release.use(await startIssuer());
  theirs = release.use(await startIssuer());
  authenticator = release.use(startAuthenticator(daemons, [own(ours), own(theirs)]));
  ada = await createSubject(daemons, "Ada");
});

afterAll(() => release.disposeAsync());

const bearer = (token: string) => authenticator.authenticate(request(`Bearer ${token}`));

/** The answer to a token that is refused, which says nothing of why beyond "expired". */
async function expectRefused(token: string, detail = "the access token is not valid"): Promise<void> {
  const problem = await problemOf(bearer(token));
  expect(problem.document(undefined)).toMatchObject({ status: 401, code: "unauthorized", detail });
  expect(problem.options.headers?.["www-authenticate"]).toBe(
    `Bearer error="invalid_token", error_description="${detail}"`,
  );
}

const encode = (value: unknown) => base64url.encode(JSON.stringify(value));

/** A token put together by hand, for what no library would sign. */
function forge(header: Record<string, unknown>, signInput: (input: string) => string): string {
  const now = Math.floor(Date.now() / 1000);
  const all = { iss: ours.url, aud: ours.audience, sub: ada, client_id: "web", scope: "platform", jti: randomUUID() };
  const input = `${encode(header)}.${encode({ ...all, iat: now, exp: now + 300 })}`;
  return `${input}.${signInput(input)}`;
}

async function publishedKey(issuer: TestIssuer): Promise<JWK & { kid: string }> {
  const { keys } = (await (await fetch(`${issuer.url}/jwks`)).json()) as { keys: (JWK & { kid: string })[] };
  const key = keys.at(-1);
  if (!key) throw new Error("the issuer publishes no key");
  return key;
}

test("a good token says who it is", async () => {
  const identity = await bearer(await ours.sign({ sub: ada, sid: "s1", client_id: "cli" }));
  expect(identity).toMatchObject({ subjectId: ada, kind: "user", via: "token", clientId: "cli", sessionId: "s1" });
});

test("the scheme's name is read in any case, the token is not changed", async () => {
  const token = await ours.sign({ sub: ada });
  for (const scheme of ["bearer", "BEARER", "Bearer"]) {
    expect((await authenticator.authenticate(request(`${scheme} ${token}`))).subjectId).toBe(ada);
  }
  await expectRefused(` ${token}`);
});

test.each([undefined, "", "Basic dXNlcjpwYXNz", "Bearer", "Negotiate x"])("without a token: %s", async (header) => {
  const problem = await problemOf(authenticator.authenticate(request(header)));
  expect(problem.code).toBe("unauthorized");
  expect(problem.options.headers?.["www-authenticate"]).toMatch(/^Bearer, DPoP algs="ES256/);
});

describe("algorithms (RFC 8725 3.1, 3.2)", () => {
  test.each(["none", "None", "NONE", "nOnE", ""])("alg %s", async (alg) => {
    const { kid } = await publishedKey(ours);
    await expectRefused(forge({ alg, typ: "at+jwt", kid }, () => ""));
    await expectRefused(forge({ alg, typ: "at+jwt", kid }, () => base64url.encode("signature")));
  });

  test.each(["HS256", "HS384", "HS512"])("the public key as the secret of %s", async (alg) => {
    const jwk = await publishedKey(ours);
    const key = await importJWK(jwk, "ES256", { extractable: true });
    if (key instanceof Uint8Array) throw new Error("an EC key is expected");
    const hash = alg.replace("HS", "sha");
    for (const secret of [await exportSPKI(key), JSON.stringify(jwk), jwk.x ?? ""]) {
      const mac = (input: string) => createHmac(hash, secret).update(input).digest("base64url");
      await expectRefused(forge({ alg, typ: "at+jwt", kid: jwk.kid }, mac));
      await expectRefused(forge({ alg, typ: "at+jwt" }, mac));
    }
  });

  test("an algorithm that is good in itself but not this issuer's", async () => {
    const { privateKey } = await generateKeyPair("RS256");
    const { kid } = await publishedKey(ours);
    const token = new SignJWT({ sub: ada }).setProtectedHeader({ alg: "RS256", typ: "at+jwt", kid });
    await expectRefused(await token.sign(privateKey));
  });
});

describe("keys (RFC 8725 3.4, 3.10)", () => {
  test.each(["jwk", "jku", "x5u", "x5c"])("a key the token brings itself in %s", async (header) => {
    const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
    const jwk = await exportJWK(publicKey);
    const value = { jwk, jku: `${theirs.url}/jwks`, x5u: `${theirs.url}/cert`, x5c: ["MIIB"] }[header];
    const before = theirs.keyRequests();
    const { kid } = await publishedKey(ours);
    for (const known of [{ kid }, {}]) {
      const token = new SignJWT({ iss: ours.url, aud: ours.audience, sub: ada, client_id: "web", jti: randomUUID() })
        .setIssuedAt()
        .setExpirationTime("5m")
        .setProtectedHeader({ alg: "ES256", typ: "at+jwt", ...known, [header]: value });
      await expectRefused(await token.sign(privateKey));
    }
    expect(theirs.keyRequests()).toBe(before);
  });

  test("the key of another trusted issuer", async () => {
    await bearer(await theirs.sign({ sub: ada }));
    await expectRefused(await theirs.sign({ sub: ada, iss: ours.url }));
    await expectRefused(await theirs.sign({ sub: ada, iss: ours.url }, { kid: (await publishedKey(ours)).kid }));
  });

  test.each(["../../etc/passwd", "' OR 1=1 --", "", "x".repeat(1000)])("a kid that is no kid: %s", async (kid) => {
    await expectRefused(await ours.sign({ sub: ada }, { kid }));
  });

  test("a changed payload under a good signature, and a signature cut off", async () => {
    const token = await ours.sign({ sub: ada });
    await bearer(token);
    const [header = "", payload = "", signature = ""] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
    await expectRefused(`${header}.${encode({ ...claims, sub: randomUUID() })}.${signature}`);
    await expectRefused(`${header}.${payload}.`);
    await expectRefused(`${header}.${payload}`);
  });
});

describe("what the token says (RFC 8725 3.8 to 3.11, RFC 9068 4)", () => {
  const now = () => Math.floor(Date.now() / 1000);
  const wrong: Record<string, () => Record<string, unknown>> = {
    "another audience": () => ({ aud: "https://other.test/api" }),
    "a client as audience": () => ({ aud: "web" }),
    "no audience": () => ({ aud: undefined }),
    "another issuer": () => ({ iss: "https://evil.test" }),
    "an issuer that only begins alike": () => ({ iss: `${ours.url}/evil` }),
    "no issuer": () => ({ iss: undefined }),
    "not yet valid": () => ({ nbf: now() + 60 }),
    "issued in the future": () => ({ iat: now() + 600, exp: now() + 900 }),
    "no time of issue": () => ({ iat: undefined }),
    "no expiry": () => ({ exp: undefined }),
    "an expiry that is text": () => ({ exp: "9999999999" }),
    "no id": () => ({ jti: undefined }),
    "no client": () => ({ client_id: undefined }),
    "a subject that is none of ours": () => ({ sub: "auth0|1" }),
    "no subject": () => ({ sub: undefined }),
    "bound to a certificate, which we cannot check": () => ({ cnf: { "x5t#S256": "abc" } }),
  };
  test.each(Object.keys(wrong))("%s", async (name) => {
    await expectRefused(await ours.sign({ sub: ada, ...wrong[name]?.() }));
  });

  test.each(["expired", "issued long ago, though it says it is still good"])("%s", async (name) => {
    const claims = name === "expired" ? { iat: now() - 600, exp: now() - 60 } : { iat: now() - 7200, exp: now() + 600 };
    await expectRefused(await ours.sign({ sub: ada, ...claims }), "the access token has expired");
  });

  test("several audiences, one of them ours", async () => {
    await bearer(await ours.sign({ sub: ada, aud: ["https://other.test", ours.audience] }));
  });

  test.each(["JWT", "id_token+jwt", "logout+jwt", "dpop+jwt", undefined])(
    "typ %s: not an access token",
    async (typ) => {
      await expectRefused(await ours.sign({ sub: ada }, { typ }));
    },
  );

  test("an ID token", async () => {
    await expectRefused(await ours.sign({ sub: ada, aud: "web", nonce: "n", at_hash: "h" }, { typ: "JWT" }));
  });

  test("a header that must be understood, under a good signature", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const jwks = createServer((_request, response) =>
      response.end(JSON.stringify({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "k", alg: "ES256" }] })),
    );
    jwks.listen(0, "127.0.0.1");
    await once(jwks, "listening");
    release.defer(() => void jwks.close());
    const jwksUrl = `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/`;
    await using fresh = startAuthenticator(daemons, [{ ...own(ours), jwksUrl }]);
    const token = (header: object) =>
      forge({ alg: "ES256", typ: "at+jwt", kid: "k", ...header }, (input) =>
        sign("sha256", Buffer.from(input), { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url"),
      );
    await fresh.authenticate(request(`Bearer ${token({})}`));
    for (const header of [
      { crit: ["exp"], exp: 1 },
      { crit: ["b64"], b64: false },
      { crit: ["b64"], b64: true },
      { crit: ["http://example.com/x"], "http://example.com/x": true },
      { crit: [] },
      { crit: "exp", exp: 1 },
    ]) {
      const problem = await problemOf(fresh.authenticate(request(`Bearer ${token(header)}`)));
      expect(problem.code, JSON.stringify(header)).toBe("unauthorized");
    }
  });

  test("more than 8 KiB are not even looked at", async () => {
    const token = await ours.sign({ sub: ada, padding: "x".repeat(8 * 1024) });
    await expectRefused(token);
    await bearer(await ours.sign({ sub: ada, padding: "x".repeat(4 * 1024) }));
  });

  test.each(["a.b.c", "..", "a.b.c.d.e", "eyJhbGciOiJFUzI1NiJ9.e30.", "\u0000"])(
    "no token at all: %j",
    async (text) => {
      await expectRefused(text);
    },
  );
});

describe("the issuer's keys", () => {
  test("are asked for once, however many ask, and a new one is found", async () => {
    const issuer = release.use(await startIssuer());
    await using fresh = startAuthenticator(daemons, [own(issuer)]);
    const use = async () => fresh.authenticate(request(`Bearer ${await issuer.sign({ sub: ada })}`));
    await Promise.all(Array.from({ length: 20 }, use));
    expect(issuer.keyRequests()).toBe(1);
    await issuer.rotate();
    await sleep(2100); // the shortest time between two questions
    await Promise.all(Array.from({ length: 20 }, use));
    expect(issuer.keyRequests()).toBe(2);
  });

  test("invented key ids do not make us ask more than once in two seconds", async () => {
    const issuer = release.use(await startIssuer());
    await using fresh = startAuthenticator(daemons, [own(issuer)]);
    for (let n = 0; n < 50; n++) {
      const token = await issuer.sign({ sub: ada }, { kid: randomUUID() });
      expect((await problemOf(fresh.authenticate(request(`Bearer ${token}`)))).code).toBe("unauthorized");
    }
    expect(issuer.keyRequests()).toBeLessThanOrEqual(2);
  });

  test("serve on while the issuer is away; without any, the answer is 503 and comes soon", async () => {
    const issuer = await startIssuer();
    await using warm = startAuthenticator(daemons, [own(issuer)]);
    await using cold = startAuthenticator(daemons, [own(issuer)]);
    const tokens = await Promise.all([issuer.sign({ sub: ada }), issuer.sign({ sub: ada })]);
    await warm.authenticate(request(`Bearer ${tokens[0]}`));
    await issuer[Symbol.asyncDispose]();
    for (const token of tokens) {
      expect((await warm.authenticate(request(`Bearer ${token}`))).subjectId).toBe(ada);
      const problem = await problemOf(cold.authenticate(request(`Bearer ${token}`)));
      expect(problem).toMatchObject({ code: "unavailable", options: { headers: { "retry-after": "1" } } });
    }
  });

  test("a discovery document that speaks for another issuer is not used", async () => {
    const issuer = release.use(await startIssuer());
    const alias = issuer.url.replace("127.0.0.1", "localhost");
    await using fresh = startAuthenticator(daemons, [{ ...own(issuer), issuer: alias }]);
    const token = await issuer.sign({ sub: ada, iss: alias });
    expect((await problemOf(fresh.authenticate(request(`Bearer ${token}`)))).code).toBe("unavailable");
  });
});
