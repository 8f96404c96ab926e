import type { Query } from "@purlin/kit/pool";
import type { Database } from "@purlin/kit/postgres";
import { Provider, errors, type Adapter, type AdapterFactory, type AdapterPayload } from "oidc-provider";
import { unlessEnded } from "./ended-sessions.ts";
import type { RevocationReason, RevokeGrants } from "./grants.ts";
import type { OidcMetrics } from "./metrics.ts";
import type { Objects, StoredObject } from "./objects.ts";
import type { Rotate } from "./rotation.ts";
import type { ServiceAccounts } from "./service-accounts.ts";

export interface AdapterOptions {
  db: Database;
  objects: Objects;
  rotate: Rotate;
  /** Told the successor of the refresh token that the current request exchanges. */
  onSuccessor: (token: string) => void;
  revokeGrants: RevokeGrants;
  serviceAccounts: ServiceAccounts;
  metrics: OidcMetrics;
}

/** The state of the provider in Postgres, and the rules that must hold across instances. */
export function createAdapter(options: AdapterOptions): AdapterFactory {
  return (model) => (model === "Client" ? clients(options) : objectsOf(model, options));
}

function objectsOf(model: string, options: AdapterOptions): Adapter {
  const { db, objects } = options;
  const onPrimary = db.readPrimary; // single statements need no transaction around them
  return {
    upsert: async (id, payload, expiresIn = 0) => {
      const put = (query: Query, keep = false) => objects.put(query, model, id, payload, { expiresIn, keep });
      const putUnlessEnded = async (uid: string) => {
        const { value } = await db.write((query) => unlessEnded(query, uid, () => put(query)));
        return value;
      };
      switch (model) {
        case "ReplayDetection": // found by nobody a moment ago: then somebody was faster with the same proof
          if (!(await put(onPrimary, true))) throw new errors.InvalidGrant("DPoP proof JWT Replay detected");
          return;
        case "RefreshToken": // of several that exchange one token at the same time the first has stored the successor
          await put(onPrimary, true);
          return;
        case "Session":
          await putUnlessEnded(payload.uid ?? "");
          return;
        case "AuthorizationCode":
        case "DeviceCode":
          if (payload.sessionUid === undefined) await put(onPrimary);
          else if (!(await putUnlessEnded(payload.sessionUid))) throw new errors.AccessDenied("the session has ended");
          return;
        default:
          await put(onPrimary);
      }
    },
    find: async (id) => present(await objects.find(onPrimary, model, id)),
    findByUid: async (uid) => present(await objects.findByUid(onPrimary, uid)),
    findByUserCode: async (userCode) => present(await objects.findByUserCode(onPrimary, userCode)),
    consume: (id) => consume(model, id, options),
    destroy: async (id) => {
      if (model === "Grant") await revoke(id, revocationReason(), options);
      else await objects.remove(onPrimary, model, id);
    },
    revokeByGrantId: (grantId) => objects.removeByGrant(onPrimary, model, grantId),
  };
}

/** The payload as oidc-provider looks at it: `consumed` makes it take a use for a second one. */
function present(stored: StoredObject | undefined): AdapterPayload | undefined {
  return stored && { ...stored.payload, ...(stored.spent && { consumed: true }) };
}

/** oidc-provider has looked before whether it was used; between that and here somebody else may have been. */
async function consume(model: string, id: string, options: AdapterOptions): Promise<void> {
  const { db, objects, rotate, onSuccessor } = options;
  if (model === "RefreshToken") {
    const successor = await rotate(id);
    if (successor !== undefined) {
      onSuccessor(successor);
      return;
    }
  } else if (await objects.consume(db.readPrimary, model, id)) return;
  const used = await objects.find(db.readPrimary, model, id);
  if (used?.grantId !== undefined) await revoke(used.grantId, revocationReason(), options);
  throw new errors.InvalidGrant("used already");
}

async function revoke(grantId: string, reason: RevocationReason, options: AdapterOptions): Promise<void> {
  const grant = await options.objects.find(options.db.readPrimary, "Grant", grantId);
  if (grant?.accountId === undefined) return;
  options.metrics.revoked(reason);
  await options.revokeGrants(grant.accountId, [grantId], reason);
}

/** At the token endpoint a grant is only ever revoked because something was used twice. */
function revocationReason(): RevocationReason {
  const context = Provider.ctx?.oidc;
  if (context?.route === "revocation") return "revoked-by-client";
  if (context?.route !== "token") return "signed-out";
  return context.params?.["grant_type"] === "refresh_token" ? "refresh-token-reused" : "code-replayed";
}

/** Clients that are not in the settings: service accounts. */
function clients({ serviceAccounts }: AdapterOptions): Adapter {
  const none = () => Promise.resolve(undefined);
  return {
    find: serviceAccounts.find,
    findByUid: none,
    findByUserCode: none,
    upsert: none,
    consume: none,
    destroy: none,
    revokeByGrantId: none,
  };
}
