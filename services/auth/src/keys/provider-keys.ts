import { randomBytes } from "node:crypto";
import type { Query } from "@purlin/kit/pool";
import type { Database } from "@purlin/kit/postgres";
import { seal, unseal } from "@purlin/kit/sealed-secret";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from "jose";
import { schedule, type Policy, type ScheduledKey } from "./schedule.ts";

/** What the provider signs with: the key in use first, then those that are published besides. */
export interface ProviderKeys {
  /** Private JWKs. */
  token: JWK[];
  /** Secrets; cookies signed with any are taken. */
  cookie: string[];
  /** Changes when anything of the above does. */
  version: string;
}

type Use = "token" | "cookie";

interface StoredKey extends ScheduledKey {
  use: Use;
  material: string;
}

const hour = 3_600_000;

/** Tokens live minutes; the key set may be remembered for an hour by whoever verifies them. Cookies live for weeks. */
export function keyPolicies(days: number): Record<Use, Policy> {
  const lifetime = days * 24 * hour;
  return {
    token: { lifetime, lead: Math.min(24 * hour, lifetime / 2), retention: 24 * hour },
    cookie: { lifetime, lead: hour, retention: 31 * 24 * hour },
  };
}

/**
 * The keys of the stack, made where there are none, and the next ones where it is time. Instances that start at the same time
 * get the same keys: one makes them, the others wait and find them.
 */
export async function loadKeys(db: Database, secret: Buffer, policies: Record<Use, Policy>): Promise<ProviderKeys> {
  const { value: keys } = await db.write(async (query) => {
    await query("SELECT pg_advisory_xact_lock(hashtextextended('provider_keys', 8443))");
    return {
      token: await inOrder(query, "token", secret, policies),
      cookie: await inOrder(query, "cookie", secret, policies),
    };
  });
  const open = ({ id, material }: StoredKey) => unseal(secret, purpose(id), material);
  return {
    token: keys.token.map((key) => JSON.parse(open(key)) as JWK), // sealed by us
    cookie: keys.cookie.map(open),
    version: [...keys.token, ...keys.cookie].map(({ id }) => id).join(" "),
  };
}

/** Keys of one use as they are published now. The database's clock decides: instances may disagree about the time. */
async function inOrder(query: Query, use: Use, secret: Buffer, policies: Record<Use, Policy>): Promise<StoredKey[]> {
  const [clock] = await query<{ now: Date }>("SELECT clock_timestamp() AS now");
  const now = clock?.now ?? new Date();
  const rows = await query<{ id: string; material: string; active_from: Date }>(
    "SELECT id, material, active_from FROM provider_keys WHERE use = $1",
    [use],
  );
  const stored = rows.map(({ id, material, active_from }): StoredKey => ({
    id,
    use,
    material,
    activeFrom: active_from,
  }));
  const before = schedule(stored, now, policies[use]);
  if (before.expired.length > 0) {
    await query("DELETE FROM provider_keys WHERE id = ANY ($1)", [before.expired.map(({ id }) => id)]);
  }
  if (!before.missing) return before.published;
  const made = { ...(await makeKey(use, secret)), activeFrom: before.missing };
  await query("INSERT INTO provider_keys (id, use, material, active_from) VALUES ($1, $2, $3, $4)", [
    made.id,
    use,
    made.material,
    made.activeFrom,
  ]);
  return schedule([...stored, made], now, policies[use]).published;
}

async function makeKey(use: Use, secret: Buffer): Promise<Omit<StoredKey, "activeFrom">> {
  if (use === "cookie") {
    const id = randomBytes(16).toString("base64url");
    return { id, use, material: seal(secret, purpose(id), randomBytes(32).toString("base64url")) };
  }
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = await exportJWK(privateKey);
  const id = await calculateJwkThumbprint(jwk);
  return {
    id,
    use,
    material: seal(secret, purpose(id), JSON.stringify({ ...jwk, kid: id, alg: "ES256", use: "sig" })),
  };
}

function purpose(id: string): string {
  return `provider-key/${id}`;
}
