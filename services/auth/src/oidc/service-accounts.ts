import { hash, randomBytes } from "node:crypto";
import type { Database } from "@purlin/kit/postgres";
import type { ClientMetadata } from "oidc-provider";
import { z } from "zod";

/*
 * Service accounts as clients: the client id is the subject, its secret any of its living API keys. What is in the
 * token is what that key may do.
 */
export interface ServiceAccounts {
  find: (clientId: string) => Promise<ClientMetadata | undefined>;
  /** What the account may do with this key; undefined when the key is none of its, revoked or expired. */
  permissionsOf: (clientId: string, key: string) => Promise<string[] | undefined>;
}

const apiKey = z.object({ subjectId: z.string(), permissions: z.array(z.string()) });

export function isServiceAccount(clientId: string): boolean {
  return z.uuid().safeParse(clientId).success;
}

export function createServiceAccounts(app: Database): ServiceAccounts {
  // oidc-provider wants a secret to be there; nobody knows this one, and nothing is compared with it
  const unusable = randomBytes(32).toString("base64url");
  return {
    find: async (clientId) => {
      if (!isServiceAccount(clientId)) return undefined;
      const [subject] = await app.readPrimary<{ display_name: string }>(
        "SELECT display_name FROM access.subjects WHERE id = $1 AND kind = 'service' AND disabled_at IS NULL",
        [clientId],
      );
      return (
        subject && {
          client_id: clientId,
          client_name: subject.display_name,
          client_secret: unusable,
          token_endpoint_auth_method: "client_secret_basic",
          grant_types: ["client_credentials"],
          response_types: [],
          redirect_uris: [],
        }
      );
    },
    permissionsOf: async (clientId, key) => {
      const [row] = await app.readPrimary<{ key: unknown }>("SELECT access.api_key($1) AS key", [
        hash("sha256", key, "buffer"),
      ]);
      const found = apiKey.safeParse(row?.key);
      return found.success && found.data.subjectId === clientId ? found.data.permissions : undefined;
    },
  };
}
