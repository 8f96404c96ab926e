import { Problem } from "./problems.ts";

/** Algorithms of DPoP proofs. */
export const proofAlgorithms = ["ES256", "EdDSA", "Ed25519"];

const dpop = `DPoP algs="${proofAlgorithms.join(" ")}"`;

/** No credentials at all: says which there are, and nothing of an error (RFC 6750, 3.1). */
export function missingCredentials(): Problem {
  return new Problem("unauthorized", { headers: { "www-authenticate": `Bearer, ${dpop}` } });
}

/**
 * Credentials that are no good. One answer for unknown, revoked and signed out: it tells nobody what exists.
 * Sources: RFC 6750 section 3, RFC 9449 section 7.1.
 */
export function refusedCredentials(scheme: "bearer" | "dpop", detail: string, cause?: unknown): Problem {
  const challenge = scheme === "dpop" ? `${dpop}, error="invalid_token"` : 'Bearer error="invalid_token"';
  return new Problem("unauthorized", {
    detail,
    headers: { "www-authenticate": `${challenge}, error_description="${detail}"` },
    cause,
  });
}

/** A token that may be good, with a DPoP proof that is not. */
export function refusedProof(detail: string, cause?: unknown): Problem {
  return new Problem("unauthorized", {
    detail,
    headers: { "www-authenticate": `${dpop}, error="invalid_dpop_proof", error_description="${detail}"` },
    cause,
  });
}
