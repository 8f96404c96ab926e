import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { usePersistedOperations } from "@graphql-yoga/plugin-persisted-operations";
import { GraphQLError } from "graphql";
import type { Plugin } from "graphql-yoga";
import type { Redis } from "ioredis";
import { z } from "zod";

/** Documents by their sha256 (hexadecimal), as clients' build tools write them. */
export type Manifest = Readonly<Record<string, string>>;

/**
 * Reads a manifest, once, at the start of the process. Undefined without a file.
 * @throws Error when a hash is not its document's: a manifest that was edited is not the one that was reviewed
 */
export function readManifest(file: string | undefined): Manifest | undefined {
  if (file === undefined) return undefined;
  const manifest = z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(file, "utf8")));
  for (const [hash, text] of Object.entries(manifest)) {
    if (hashOf(text) !== hash) throw new Error(`${file}: ${hash} is not the sha256 of its document`);
  }
  return manifest;
}

/** Seconds a document a client registered is kept after it was last registered. */
const lifetime = 24 * 60 * 60;

/** Longest document that is kept for a client, in UTF-16 units: Redis is there for everybody. */
const longest = 10_000;

/**
 * Only operations of `manifest` run, and are asked for by hash. What nobody reviewed cannot be sent.
 * https://benjie.dev/graphql/trusted-documents
 */
export function trustedOperations(manifest: Manifest): Plugin {
  const known = new Map(Object.entries(manifest));
  return usePersistedOperations({
    getPersistedOperation: (hash) => known.get(hash) ?? null,
    allowArbitraryOperations: false,
    customErrors: {
      notFound: refusal("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND"),
      keyNotFound: refusal("Ask for an operation by its hash.", "PERSISTED_QUERY_ID_REQUIRED"),
      persistedQueryOnly: refusal("Only operations that are known by their hash run here.", "PERSISTED_QUERY_ONLY"),
    },
  });
}

/**
 * Automatic persisted queries, as Apollo's clients do them: a hash alone is tried first; where it is not known the client
 * sends the document with it once. With Redis away every hash is unknown, and documents do.
 * https://www.apollographql.com/docs/apollo-server/performance/apq
 */
export function automaticPersistedQueries(redis: Redis): Plugin[] {
  const key = (hash: string) => `graphql:operation:${hash}`;
  const lookup = usePersistedOperations({
    getPersistedOperation: (hash) => (isHash(hash) ? redis.get(key(hash)).catch(() => null) : null),
    allowArbitraryOperations: true,
    customErrors: {
      notFound: refusal("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND"),
      keyNotFound: () =>
        new GraphQLError("Must provide query string.", { extensions: { code: "BAD_REQUEST", http: { status: 400 } } }),
    },
  });
  const register: Plugin = {
    onParams: async ({ params }) => {
      const hash = hashIn(params.extensions);
      if (hash === undefined || typeof params.query !== "string") return;
      if (hashOf(params.query) !== hash) {
        throw refusal("The document is not the one of the hash.", "PERSISTED_QUERY_HASH_MISMATCH")();
      }
      if (params.query.length > longest) return; // it still runs, and has to be sent again next time
      await redis.set(key(hash), params.query, "EX", lifetime).catch(() => undefined);
    },
  };
  return [register, lookup];
}

function refusal(message: string, code: string): () => GraphQLError {
  return () => new GraphQLError(message, { extensions: { code, http: { status: 400, spec: true } } });
}

function hashOf(document: string): string {
  return createHash("sha256").update(document).digest("hex");
}

function isHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

function hashIn(extensions: Record<string, unknown> | undefined | null): string | undefined {
  const query: unknown = extensions?.["persistedQuery"];
  const hash = typeof query === "object" && query !== null && "sha256Hash" in query ? query.sha256Hash : undefined;
  return typeof hash === "string" ? hash : undefined;
}
