import { hash } from "node:crypto";
import { performance } from "node:perf_hooks";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { Credential } from "./access-credential.ts";
import { createFreshCache } from "./access-fresh.ts";
import { createAccessQuestion, type AccessQuery } from "./access-read.ts";
import type { Logger } from "./logger.ts";
import { isPermission } from "./permissions.ts";
import type { Database } from "./postgres.ts";

/** `plk_` and 256 random bits in base64url. */
const shape = /^plk_[A-Za-z0-9_-]{43}$/;

const answer = z.object({
  id: z.string(),
  subjectId: z.string(),
  organisationId: z.string(),
  permissions: z.array(z.string()),
  expiresAt: z.number(),
});

type ApiKey = Credential & { id: string; organisationId: string; keyDigest: string; text: string };

/** Milliseconds between two notes of when a key was last used. */
const noteEvery = 60_000;

const note = `
  UPDATE access.api_keys SET last_used_at = now()
  WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`;

export interface ApiKeys {
  /** Whether `text` looks like a key: others are not worth a question to the database. */
  isKey: (text: string) => boolean;
  /** The living key, at most half a second ago; undefined for one that is unknown, revoked or expired. */
  find: (key: string) => Promise<Credential | undefined>;
  /** The same, by the key's digest and at most `maxAge` milliseconds ago, where that is said. */
  findAgain: (digest: string, maxAge?: number) => Promise<Credential | undefined>;
}

export function createApiKeys(query: AccessQuery, db: Pick<Database, "write">, logger: Logger): ApiKeys {
  const ask = createAccessQuestion(
    query,
    "SELECT key, access.api_key(decode(key, 'hex'))::text AS answer FROM unnest($1::text[]) AS key",
  );
  const keys = createFreshCache<ApiKey>(async (digest, known) => {
    const text = await ask(digest);
    if (text === undefined) return undefined;
    return text === known?.text ? known : parseKey(digest, text);
  });
  const noted = new LRUCache<string, number>({ max: 10_000 });

  /** Nobody waits for it, and one lost is made up for by the next. */
  const noteUse = ({ id, organisationId }: ApiKey) => {
    const now = performance.now();
    if (now - (noted.get(id) ?? -Infinity) < noteEvery) return;
    noted.set(id, now);
    db.write((run) => run(note, [id]), { organisation: organisationId }).catch((error: unknown) => {
      logger.debug({ err: error, keyId: id }, "could not note the use of a key");
    });
  };

  return {
    isKey: (text) => shape.test(text),
    find: async (text) => {
      const digest = hash("sha256", text, "hex");
      const key = keys.peek(digest) ?? (await keys.get(digest));
      if (key) noteUse(key);
      return key;
    },
    findAgain: keys.get,
  };
}

function parseKey(keyDigest: string, text: string): ApiKey {
  const { permissions, ...key } = answer.parse(JSON.parse(text));
  const allowed = new Set(permissions.filter(isPermission));
  return { ...key, via: "api-key", issuedAt: Infinity, permissions: allowed, keyDigest, text };
}
