import type { Database } from "@purlin/kit/postgres";
import type { Request, Response } from "express";
import type { AdapterPayload } from "oidc-provider";
import type { BackchannelLogout } from "./backchannel-logout.ts";
import type { Clients } from "./clients.ts";
import type { CurrentProvider } from "./current-provider.ts";
import { markEnded } from "./ended-sessions.ts";
import type { RevokeGrants } from "./grants.ts";
import type { Objects, StoredObject } from "./objects.ts";
import { findApplications } from "./applications.ts";

/** Somewhere a person is signed in: a browser, or an application that goes on without one. */
export interface SignInSession {
  id: string;
  kind: "browser" | "application";
  /** The clients that have tokens of it. */
  clients: { id: string; name: string }[];
  signedInAt: Date;
  lastSeenAt: Date;
  /** Of the last request. */
  address: string | undefined;
  userAgent: string | undefined;
}

/** The session of a browser, by its cookie. */
export interface CurrentSession {
  id: string;
  accountId: string;
  /** When the person last proved who they are. */
  signedInAt: Date;
}

export interface Sessions {
  /** Who this browser is signed in as. */
  current: (request: Request, response: Response) => Promise<CurrentSession | undefined>;
  list: (accountId: string) => Promise<SignInSession[]>;
  /**
   * Signs out one session: its refresh tokens are gone at once, its access tokens within a second, and clients are
   * told by back-channel logout. False when the account has no such session.
   */
  end: (accountId: string, id: string) => Promise<boolean>;
  /** Signs out everywhere, or everywhere else. Everything issued before is void. */
  endAll: (accountId: string, options?: { except?: string }) => Promise<void>;
}

export interface SessionOptions {
  auth: Database;
  app: Database;
  objects: Objects;
  clients: Clients;
  current: CurrentProvider;
  revokeGrants: RevokeGrants;
  logout: BackchannelLogout;
}

export function createSessions(options: SessionOptions): Sessions {
  const { auth, app, objects, clients, current, revokeGrants, logout } = options;
  const nameOf = (id: string) => ({ id, name: clients.get(id)?.name ?? id });
  const browsers = (accountId: string) => objects.ofAccount(auth.readPrimary, "Session", accountId);

  /** In this order: what is under way can add nothing to a session that has ended. */
  const endBrowser = async (accountId: string, { payload }: StoredObject) => {
    await auth.write((query) => markEnded(query, payload.uid ?? ""));
    await revokeGrants(accountId, boundGrants(payload), "signed-out");
    await logout(accountId, payload.authorizations ?? {});
  };

  return {
    current: async (request, response) => {
      const provider = await current.get();
      const { accountId, uid, loginTs = 0 } = await provider.Session.get(provider.createContext(request, response));
      return accountId === undefined ? undefined : { id: uid, accountId, signedInAt: new Date(loginTs * 1000) };
    },
    list: async (accountId) => {
      const sessions = await browsers(accountId);
      const applications = await findApplications(
        auth.readPrimary,
        accountId,
        sessions.flatMap(({ payload }) => boundGrants(payload)),
      );
      return [
        ...sessions.map((session) => describe(session, nameOf)),
        ...applications.map(({ grantId, clientId, ...rest }) => ({
          id: grantId,
          kind: "application" as const,
          clients: [nameOf(clientId)],
          ...rest,
        })),
      ];
    },
    end: async (accountId, id) => {
      const session = (await browsers(accountId)).find(({ payload }) => payload.uid === id);
      if (session) await endBrowser(accountId, session);
      else if ((await objects.find(auth.readPrimary, "Grant", id))?.accountId === accountId) {
        await revokeGrants(accountId, [id], "signed-out");
      } else return false;
      return true;
    },
    endAll: async (accountId, { except } = {}) => {
      const sessions = await browsers(accountId);
      const kept = sessions.find(({ payload }) => payload.uid === except);
      // whole seconds, as tokens count: what is issued right after this must be good
      const voidTokens = "UPDATE access.subjects SET tokens_valid_from = date_trunc('second', now()) WHERE id = $1";
      if (!kept) await app.write((query) => query(voidTokens, [accountId]));
      for (const session of sessions) if (session !== kept) await endBrowser(accountId, session);
      const keep = kept ? boundGrants(kept.payload) : [];
      const grants = await objects.ofAccount(auth.readPrimary, "Grant", accountId);
      const rest = grants.flatMap(({ grantId }) => (grantId === undefined || keep.includes(grantId) ? [] : [grantId]));
      await revokeGrants(accountId, rest, "signed-out");
    },
  };
}

/** Grants that end with the session; others are an application's, which lives on. */
function boundGrants({ authorizations = {} }: AdapterPayload): string[] {
  return Object.values(authorizations).flatMap(({ grantId, persistsLogout }) =>
    grantId === undefined || persistsLogout ? [] : [grantId],
  );
}

function describe(session: StoredObject, nameOf: (clientId: string) => { id: string; name: string }): SignInSession {
  const { payload, updatedAt, address, userAgent } = session;
  return {
    id: payload.uid ?? "",
    kind: "browser",
    clients: Object.keys(payload.authorizations ?? {}).map(nameOf),
    signedInAt: new Date((payload.loginTs ?? 0) * 1000),
    lastSeenAt: updatedAt,
    address,
    userAgent,
  };
}
