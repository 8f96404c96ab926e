import { hash } from "node:crypto";
import type { Query } from "@purlin/kit/pool";
import { requestContext } from "@purlin/kit/request-context";
import { seal, unseal } from "@purlin/kit/sealed-secret";
import type { AdapterPayload } from "oidc-provider";
import { z } from "zod";

/*
 * Rows of oidc_objects. Each function takes the query it runs with, so that its caller says what belongs into one
 * transaction.
 */

/** An object as it was stored. */
export interface StoredObject {
  payload: AdapterPayload;
  grantId: string | undefined;
  accountId: string | undefined;
  /** It was used, and its use is over: a refresh token within its grace is not. */
  spent: boolean;
  createdAt: Date;
  updatedAt: Date;
  address: string | undefined;
  userAgent: string | undefined;
}

interface Row {
  model: string;
  id: Buffer;
  payload: string;
  grant_id: string | null;
  account_id: string | null;
  spent: boolean;
  created_at: Date;
  updated_at: Date;
  address: string | null;
  user_agent: string | null;
}

/** sha256: there is nothing to guess in identifiers of 256 random bits. */
export function digest(identifier: string): Buffer {
  return hash("sha256", identifier, "buffer");
}

/** What ends with its grant. An interaction names one, too, but goes on. */
const issuedByGrant = new Set(["AccessToken", "AuthorizationCode", "DeviceCode", "RefreshToken"]);

const payloadShape = z.custom<AdapterPayload>((value) => typeof value === "object" && value !== null);

export function createObjects(key: Buffer, graceSeconds: number) {
  // a refresh token's grace ends with the first use of its successor: the answer was not lost
  const columns = `o.model, o.id, o.payload, o.grant_id, o.account_id, o.created_at, o.updated_at, host(o.address) AS address, o.user_agent,
    o.consumed_at IS NOT NULL AND NOT (
      o.model = 'RefreshToken' AND o.consumed_at > now() - make_interval(secs => ${graceSeconds})
      AND NOT EXISTS (SELECT FROM oidc_objects s WHERE s.model = o.model AND s.id = o.successor_id AND s.consumed_at IS NOT NULL)
    ) AS spent`;

  const read = (row: Row): StoredObject => ({
    payload: payloadShape.parse(JSON.parse(unseal(key, purpose(row.model, row.id), row.payload))),
    grantId: row.grant_id ?? undefined,
    accountId: row.account_id ?? undefined,
    spent: row.spent,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    address: row.address ?? undefined,
    userAgent: row.user_agent ?? undefined,
  });
  const select = async (query: Query, condition: string, values: unknown[]): Promise<StoredObject[]> => {
    const rows = await query<Row>(`SELECT ${columns} FROM oidc_objects o WHERE ${condition}`, values);
    return rows.map(read);
  };

  return {
    find: async (query: Query, model: string, id: string): Promise<StoredObject | undefined> =>
      (await select(query, "o.model = $1 AND o.id = $2", [model, digest(id)]))[0],

    /** A session by what stays the same when its cookie changes. */
    findByUid: async (query: Query, uid: string): Promise<StoredObject | undefined> =>
      (await select(query, "o.model = 'Session' AND o.uid = $1 ORDER BY o.updated_at DESC LIMIT 1", [uid]))[0],

    findByUserCode: async (query: Query, userCode: string): Promise<StoredObject | undefined> =>
      (await select(query, "o.model = 'DeviceCode' AND o.user_code_hash = $1", [digest(userCode)]))[0],

    /** Sessions or grants of an account that have not expired. */
    ofAccount: (query: Query, model: "Session" | "Grant", accountId: string): Promise<StoredObject[]> =>
      select(query, `o.model = '${model}' AND o.account_id = $1 AND o.expires_at > now() ORDER BY o.created_at`, [
        accountId,
      ]),

    /** Stores an object. One that is there is replaced or, when asked to, kept; false for one that was kept. */
    put: async (
      query: Query,
      model: string,
      id: string,
      payload: AdapterPayload,
      { expiresIn, keep = false }: { expiresIn: number; keep?: boolean },
    ): Promise<boolean> => {
      const idHash = digest(id);
      const { address, userAgent } = requestContext.getStore() ?? {};
      const rows = await query(
        `INSERT INTO oidc_objects (model, id, payload, account_id, client_id, grant_id, uid, session_uid, user_code_hash, address, user_agent, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now() + make_interval(secs => $12))
         ON CONFLICT (model, id) DO ${keep ? "NOTHING" : update} RETURNING true AS stored`,
        [
          model,
          idHash,
          seal(key, purpose(model, idHash), JSON.stringify(payload)),
          payload.accountId,
          payload.clientId,
          model === "Grant" ? id : issuedByGrant.has(model) ? payload.grantId : undefined,
          model === "Session" ? payload.uid : undefined,
          payload.sessionUid,
          payload.userCode === undefined ? undefined : digest(payload.userCode),
          address,
          userAgent,
          expiresIn,
        ],
      );
      return rows.length > 0;
    },

    remove: async (query: Query, model: string, id: string): Promise<void> => {
      await query("DELETE FROM oidc_objects WHERE model = $1 AND id = $2", [model, digest(id)]);
    },

    removeByGrant: async (query: Query, model: string, grantId: string): Promise<void> => {
      await query("DELETE FROM oidc_objects WHERE model = $1 AND grant_id = $2", [model, grantId]);
    },

    /** True for the one who used it: of any number at the same time, one. */
    consume: async (query: Query, model: string, id: string): Promise<boolean> => {
      const rows = await query(
        `UPDATE oidc_objects SET consumed_at = now() WHERE model = $1 AND id = $2 AND consumed_at IS NULL RETURNING true AS used`,
        [model, digest(id)],
      );
      return rows.length > 0;
    },
  };
}

export type Objects = ReturnType<typeof createObjects>;

const update = `UPDATE SET payload = excluded.payload, account_id = excluded.account_id, grant_id = excluded.grant_id,
  session_uid = excluded.session_uid, address = excluded.address, user_agent = excluded.user_agent,
  updated_at = now(), expires_at = excluded.expires_at`;

/** A payload that is moved to another row does not open there. */
function purpose(model: string, id: Buffer): string {
  return `oidc/${model}/${id.toString("base64url")}`;
}
