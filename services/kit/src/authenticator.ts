import { hash } from "node:crypto";
import type { Redis } from "ioredis";
import { identityOf, type Credential } from "./access-credential.ts";
import { createExternalSubjects } from "./access-external.ts";
import { createGrants, type Grants } from "./access-grants.ts";
import { createApiKeys } from "./access-keys.ts";
import { createAccessQuery } from "./access-read.ts";
import { missingCredentials, refusedCredentials } from "./authenticator-challenge.ts";
import type { TrustedIssuer } from "./authenticator-settings.ts";
import type { Authenticator, Credentials, Identity } from "./identity.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import type { Database } from "./postgres.ts";
import { createProofCheck, createReplayStore } from "./tokens-dpop.ts";
import { createTokenVerifier } from "./tokens.ts";

export interface AuthenticatorOptions {
  /** The database with the access schema. */
  db: Database;
  /** Remembers DPoP proofs for all instances. */
  redis: Redis;
  issuers: readonly TrustedIssuer[];
  logger: Logger;
  metrics: Metrics;
}

/**
 * Proves who sends a request, in three steps: the credential is genuine (remembered until it expires), its holder
 * shows the key it is bound to, if any (each time), and its subject still has rights (at most half a second old).
 * Where all is remembered nothing is awaited but the answer itself.
 */
export function createAuthenticator({ db, redis, issuers, logger, metrics }: AuthenticatorOptions): Authenticator {
  const query = createAccessQuery(db);
  const grants = createGrants(query);
  const keys = createApiKeys(query, db, logger);
  const subjectOf = createExternalSubjects(query, db);
  const tokens = createTokenVerifier({ issuers, subjectOf, logger, metrics });
  const prove = createProofCheck(createReplayStore(redis, logger));
  const identities = createIdentities();

  const findKey = async (text: string): Promise<Credential> => {
    const key = await keys.find(text);
    if (!key) throw refusedCredentials("bearer", "the API key is not valid");
    return key;
  };
  const findToken = async (token: string, scheme: Scheme, credentials: Credentials): Promise<Credential> => {
    const digest = hash("sha256", token, "base64url");
    const credential = tokens.known(digest) ?? (await tokens.verify(token, digest, scheme));
    const { keyThumbprint } = credential;
    if (keyThumbprint === undefined && scheme === "bearer") return credential;
    if (keyThumbprint === undefined || scheme === "bearer") {
      throw refusedCredentials(scheme, "the access token is for the other scheme, Bearer or DPoP");
    }
    const { dpop: proof, method, url } = credentials;
    await prove({ proof, method, url, tokenDigest: digest, keyThumbprint });
    return credential;
  };

  return {
    authenticate: async (credentials) => {
      const { scheme, secret } = readAuthorization(credentials.authorization);
      const key = scheme === "bearer" && keys.isKey(secret);
      const credential = key ? await findKey(secret) : await findToken(secret, scheme, credentials);
      const { subjectId } = credential;
      const granted = grants.peek(subjectId) ?? (await grants.get(subjectId));
      const identity = granted && identities.of(credential, granted);
      if (!identity) throw refusedCredentials(scheme, "signed out");
      return identity;
    },
    refresh: async (identity, maxAge) => {
      const shown = identities.credentialOf(identity);
      const digest = shown?.keyDigest;
      const credential = digest === undefined ? shown : await keys.findAgain(digest, maxAge);
      if (!credential || credential.expiresAt <= Date.now() / 1000) return undefined;
      const granted = await grants.get(identity.subjectId, maxAge);
      return granted && identities.of(credential, granted);
    },
  };
}

type Scheme = "bearer" | "dpop";

/** @throws Problem unauthorized */
function readAuthorization(header: string | undefined): { scheme: Scheme; secret: string } {
  if (header === undefined) throw missingCredentials();
  const space = header.indexOf(" ");
  const scheme = header.slice(0, space).toLowerCase();
  if (scheme !== "bearer" && scheme !== "dpop") throw missingCredentials();
  return { scheme, secret: header.slice(space + 1) };
}

/** One identity for a credential as long as its subject's rights do not change. */
function createIdentities() {
  const made = new WeakMap<Credential, { grants: Grants; identity: Identity | undefined }>();
  const credentials = new WeakMap<Identity, Credential>();
  return {
    credentialOf: (identity: Identity) => credentials.get(identity),
    of: (credential: Credential, grants: Grants): Identity | undefined => {
      const last = made.get(credential);
      if (last?.grants === grants) return last.identity;
      const identity = identityOf(credential, grants);
      made.set(credential, { grants, identity });
      if (identity) credentials.set(identity, credential);
      return identity;
    },
  };
}
