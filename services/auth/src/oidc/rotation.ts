import { randomBytes } from "node:crypto";
import type { Database } from "@purlin/kit/postgres";
import { seal, unseal } from "@purlin/kit/sealed-secret";
import { digest } from "./objects.ts";

/**
 * Exchanges a refresh token for its successor. The first to come chooses the successor, in one statement; whoever
 * comes with the same token within the grace gets the same one. So a lost answer can be asked for again, any number
 * at once have one lineage, and there is nothing to win by being second. Resolves undefined when the token was
 * used before that: then two parties have it (RFC 9700, 4.14.2).
 */
export type Rotate = (token: string) => Promise<string | undefined>;

export function createRotation(db: Database, key: Buffer, graceSeconds: number): Rotate {
  const claim = `
    UPDATE oidc_objects SET consumed_at = now(), successor = $2, successor_id = $3
    WHERE model = 'RefreshToken' AND id = $1 AND consumed_at IS NULL
    RETURNING true AS claimed`;
  // the row lock of \`claim\` has been waited for: this sees what the winner wrote
  const follow = `
    SELECT t.successor FROM oidc_objects t
    WHERE t.model = 'RefreshToken' AND t.id = $1 AND t.consumed_at > now() - make_interval(secs => ${graceSeconds})
      AND NOT EXISTS (
        SELECT FROM oidc_objects s WHERE s.model = 'RefreshToken' AND s.id = t.successor_id AND s.consumed_at IS NOT NULL)`;

  return async (token) => {
    const id = digest(token);
    const purpose = `oidc/successor/${id.toString("base64url")}`;
    const successor = randomBytes(32).toString("base64url");
    const claimed = await db.readPrimary(claim, [id, seal(key, purpose, successor), digest(successor)]);
    if (claimed.length > 0) return successor;
    const [row] = await db.readPrimary<{ successor: string }>(follow, [id]);
    return row && unseal(key, purpose, row.successor);
  };
}
