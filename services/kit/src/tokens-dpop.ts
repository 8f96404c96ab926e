import { hash } from "node:crypto";
import type { Redis } from "ioredis";
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from "jose";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { proofAlgorithms, refusedProof } from "./authenticator-challenge.ts";
import type { Logger } from "./logger.ts";

/*
 * Demonstrating proof of possession (RFC 9449, 4.3 and 7): whoever sends a bound token signs each request with the
 * key it is bound to, so that a stolen token alone is worth nothing.
 */

/** Seconds a proof is good for, and those clocks may differ by. */
const lifetime = 60;
const clockTolerance = 5;

/** Characters. */
const longestProof = 4 * 1024;

const claims = z.object({
  jti: z.string().min(1).max(256),
  htm: z.string(),
  htu: z.string(),
  ath: z.string(),
});

export interface ProvenRequest {
  proof: string | undefined;
  method: string;
  /** As the client wrote it; its query does not count. */
  url: string;
  /** sha256 of the access token, in base64url. */
  tokenDigest: string;
  /** Thumbprint of the key the token is bound to. */
  keyThumbprint: string;
}

/** @throws Problem unauthorized for a proof that is missing, wrong, of another request, or used before. */
export type ProofCheck = (request: ProvenRequest) => Promise<void>;

export function createProofCheck(isNew: ReplayStore): ProofCheck {
  return async ({ proof, method, url, tokenDigest, keyThumbprint }) => {
    if (proof === undefined) throw refusedProof("this token needs a DPoP proof");
    const { jti, htm, htu, ath, thumbprint } = await readProof(proof);
    if (thumbprint !== keyThumbprint) throw refusedProof("the DPoP proof is signed by another key");
    if (htm !== method || withoutQuery(htu) !== withoutQuery(url) || ath !== tokenDigest) {
      throw refusedProof("the DPoP proof is for another request");
    }
    if (!(await isNew(hash("sha256", `${thumbprint} ${jti}`, "base64url")))) {
      throw refusedProof("the DPoP proof was used before");
    }
  };
}

async function readProof(proof: string) {
  if (proof.length > longestProof) throw refusedProof("the DPoP proof is not valid");
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: "dpop+jwt",
      algorithms: proofAlgorithms,
      maxTokenAge: lifetime,
      clockTolerance,
    });
    // EmbeddedJWK has refused a proof without a public key
    const thumbprint = await calculateJwkThumbprint(protectedHeader.jwk ?? {});
    return { ...claims.parse(payload), thumbprint };
  } catch (error) {
    throw refusedProof("the DPoP proof is not valid", error);
  }
}

/** Comparable form of a URL: RFC 9449 leaves query and fragment out, the rest is normalised by RFC 3986. */
function withoutQuery(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** Whether this is the first time `id` is seen, by any instance, for as long as a proof lives. */
export type ReplayStore = (id: string) => Promise<boolean>;

/**
 * Remembers in Redis, for all instances, and in this process. With Redis away each instance still refuses what it
 * has seen itself: a proof could then be repeated against another one, for a minute, by whoever holds the token too.
 */
export function createReplayStore(redis: Redis, logger: Logger): ReplayStore {
  const ttl = (lifetime + 2 * clockTolerance) * 1000;
  const seen = new LRUCache<string, true>({ max: 100_000, ttl });
  return async (id) => {
    if (seen.has(id)) return false;
    seen.set(id, true);
    try {
      return (await redis.set(`dpop:${id}`, "1", "PX", ttl, "NX")) === "OK";
    } catch (error) {
      logger.warn({ err: error }, "DPoP proofs are only compared within this instance");
      return true;
    }
  };
}
