import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from "jose";
import { LRUCache } from "lru-cache";
import type { Credential } from "./access-credential.ts";
import type { ExternalProfile } from "./access-external.ts";
import { refusedCredentials } from "./authenticator-challenge.ts";
import type { TrustedIssuer } from "./authenticator-settings.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import { Problem } from "./problems.ts";
import { externalCredential, ownCredential, requiredClaims } from "./tokens-claims.ts";
import { createIssuerKeys } from "./tokens-keys.ts";

/*
 * Verifies access tokens by RFC 8725: the issuer the token names is one of ours, and everything else (keys,
 * algorithms, type, audience) is what we know of that issuer and nothing the token says about itself. Headers
 * that offer a key (jwk, jku, x5u, x5c) are never looked at; one that must be understood (crit) is refused.
 */

/** Characters; ours have about 700. */
export const longestToken = 8 * 1024;

/** Seconds by which clocks may differ. */
const clockTolerance = 5;

/** Verified tokens that are remembered; about 1 KiB each. */
const capacity = 20_000;

export interface TokenVerifier {
  /** What a token verified before says, by the token's sha256; undefined when it must be verified. */
  known: (digest: string) => Credential | undefined;
  /** @throws Problem unauthorized, unavailable */
  verify: (token: string, digest: string, scheme: "bearer" | "dpop") => Promise<Credential>;
}

export interface TokenVerifierOptions {
  issuers: readonly TrustedIssuer[];
  subjectOf: (issuer: string, externalId: string, profile: ExternalProfile) => Promise<string>;
  logger: Logger;
  metrics: Metrics;
}

export function createTokenVerifier({ issuers, subjectOf, ...world }: TokenVerifierOptions): TokenVerifier {
  const verified = new LRUCache<string, Credential>({ max: capacity });
  // a key that was taken back takes its tokens with it
  const onChange = () => verified.clear();
  const trusted = new Map(
    issuers.map((issuer) => [issuer.issuer, { issuer, keys: createIssuerKeys(issuer, { ...world, onChange }) }]),
  );

  /** Everything that can be said without asking who the subject is. */
  const check = async (token: string): Promise<{ issuer: TrustedIssuer; payload: JWTPayload }> => {
    if (token.length > longestToken) throw new errors.JWTInvalid("too long");
    if ("crit" in decodeProtectedHeader(token)) throw new errors.JWTInvalid("a header that must be understood");
    const { iss } = decodeJwt(token); // only to find who is asked; the verification below asks again
    const found = trusted.get(iss ?? "");
    if (!found) throw new errors.JWTInvalid("an issuer that is not trusted");
    const { issuer, keys } = found;
    const { payload } = await jwtVerify(token, keys, {
      issuer: issuer.issuer,
      audience: issuer.audience,
      algorithms: [...issuer.algorithms],
      typ: issuer.type,
      requiredClaims: issuer.claims ? requiredClaims.external : requiredClaims.own,
      maxTokenAge: issuer.maxAge,
      clockTolerance,
    });
    return { issuer, payload };
  };

  return {
    known: (digest) => {
      const credential = verified.get(digest);
      return credential && credential.expiresAt > Date.now() / 1000 ? credential : undefined;
    },
    verify: async (token, digest, scheme) => {
      const read = await check(token)
        .then(({ issuer, payload }) => readClaims(issuer, payload))
        .catch((error: unknown) => {
          if (error instanceof Problem) throw error;
          const expired = error instanceof errors.JWTExpired;
          throw refusedCredentials(
            scheme,
            expired ? "the access token has expired" : "the access token is not valid",
            error,
          );
        });
      const credential =
        "subjectId" in read
          ? read
          : { ...read.credential, subjectId: await subjectOf(read.issuer, read.externalId, read.profile) };
      verified.set(digest, credential);
      return credential;
    },
  };
}

function readClaims(issuer: TrustedIssuer, payload: JWTPayload) {
  return issuer.claims ? { issuer: issuer.issuer, ...externalCredential(payload, issuer) } : ownCredential(payload);
}
