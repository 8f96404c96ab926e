import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, type GenerateKeyPairResult } from "jose";

/** What a token says; everything but `sub` has a good default. A claim set to undefined is left out. */
interface TokenClaims {
  sub: string;
  [claim: string]: unknown;
}

/** A token issuer for tests: discovery and JWKS over HTTP, access tokens by RFC 9068. It stands for our own auth service, or for a foreign one. */
export interface TestIssuer extends AsyncDisposable {
  /** `iss` of its tokens. */
  url: string;
  /** The environment of a service that trusts it as the platform's own issuer. */
  env: Record<string, string>;
  audience: string;
  sign: (claims: TokenClaims, header?: Record<string, unknown>) => Promise<string>;
  /** Headers of a request as `sub`. */
  bearer: (sub: string, claims?: Record<string, unknown>) => Promise<Record<string, string>>;
  /** Makes another key and signs with it from now on; the old one stays published. */
  rotate: () => Promise<void>;
  /** How often the key set was asked for. */
  keyRequests: () => number;
}

export async function startIssuer(audience = "https://platform.test/api"): Promise<TestIssuer> {
  const published: object[] = [];
  let current: { kid: string; key: GenerateKeyPairResult["privateKey"] };
  let keyRequests = 0;
  const rotate = async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
    const kid = randomUUID();
    published.push({ ...(await exportJWK(publicKey)), kid, alg: "ES256", use: "sig" });
    current = { kid, key: privateKey };
  };
  await rotate();
  const server = createServer((request, response) => {
    const answer = (body: unknown) =>
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (request.url === "/jwks") {
      keyRequests++;
      answer({ keys: published });
    } else if (request.url === "/.well-known/openid-configuration") {
      answer({ issuer: url, jwks_uri: `${url}/jwks` });
    } else response.writeHead(404).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const sign = (claims: TokenClaims, header: Record<string, unknown> = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const all: Record<string, unknown> = {
      iss: url,
      aud: audience,
      client_id: "web",
      scope: "platform",
      jti: randomUUID(),
      iat: now,
      exp: now + 300,
      ...claims,
    };
    return new SignJWT(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)))
      .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: current.kid, ...header })
      .sign(current.key);
  };
  return {
    url,
    env: { PLATFORM_URL: "https://platform.test", TOKEN_ISSUER: url, TOKEN_AUDIENCE: audience },
    audience,
    sign,
    bearer: async (sub, claims = {}) => ({ authorization: `Bearer ${await sign({ sub, ...claims })}` }),
    rotate,
    keyRequests: () => keyRequests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
