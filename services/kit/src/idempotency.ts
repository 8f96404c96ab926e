import { createHash } from "node:crypto";
import type { Request } from "express";
import type { Query } from "./pool.ts";
import { Problem } from "./problems.ts";

/** What is kept of an answer, to give it again. */
export interface KeptAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** The header a client sends with a POST it may have to repeat. https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ */
export const idempotencyHeader = {
  "idempotency-key":
    "Any text of up to 255 visible characters, of the client's choice: the same request sent again with it within a day has no effect and the same answer.",
};

/** Kept for a day; then the key is free again. A second request with it waits here for the first one's commit. */
const claim = `
  INSERT INTO platform.idempotency_keys AS k (subject_id, key, request_hash, status, headers)
  VALUES ($1, $2, $3, 0, '{}')
  ON CONFLICT (subject_id, key) DO UPDATE SET request_hash = excluded.request_hash, status = 0, created_at = now()
    WHERE k.created_at < now() - interval '1 day'
  RETURNING true AS claimed`;

const recall = `
  SELECT request_hash, status, headers, body FROM platform.idempotency_keys WHERE subject_id = $1 AND key = $2`;

const keep = `
  UPDATE platform.idempotency_keys SET status = $3, headers = $4, body = $5 WHERE subject_id = $1 AND key = $2`;

/**
 * Runs `work` in the transaction of `query`, once for each `idempotency-key` of a subject: whoever repeats the request gets
 * the answer of the first time. Key, effect and answer are committed together, so none is there without the others.
 * @throws Problem invalid_request for a key that is not one, unprocessable for one that was another request's
 */
export async function once<A extends KeptAnswer>(
  query: Query,
  request: Request,
  subjectId: string,
  work: () => Promise<A>,
): Promise<A> {
  const key = request.get("idempotency-key");
  if (key === undefined) return work();
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new Problem("invalid_request", {
      errors: [{ path: "header.idempotency-key", message: "must be 1 to 255 visible ASCII characters" }],
    });
  }
  const hash = hashOf(request);
  if ((await query(claim, [subjectId, key, hash])).length === 0) {
    const [kept] = await query<KeptAnswer & { request_hash: Buffer }>(recall, [subjectId, key]);
    if (!kept?.request_hash.equals(hash)) {
      throw new Problem("unprocessable", { detail: "this idempotency key was used for another request" });
    }
    const { status, headers, body } = kept;
    const again = { status, headers: { ...headers, "idempotency-replayed": "true" }, ...(body !== null && { body }) };
    return again as KeptAnswer as A; // an answer of the same route: the hash says so
  }
  const answer = await work();
  await query(keep, [subjectId, key, answer.status, answer.headers ?? {}, JSON.stringify(answer.body ?? null)]);
  return answer;
}

/** What makes a request the same: where it goes and what it says. */
function hashOf({ method, originalUrl, body }: Request): Buffer {
  return createHash("sha256")
    .update(JSON.stringify([method, originalUrl, body]))
    .digest();
}
