import { audit } from "@purlin/kit/audit";
import type { Database } from "@purlin/kit/postgres";
import { Problem } from "@purlin/kit/problems";
import type { Account, AccountSource } from "../oidc/accounts.ts";
import type { Flow, Flows } from "./flows.ts";
import { findAccountOf, link } from "./identities.ts";
import type { PendingLinks } from "./pending-links.ts";
import type { ExternalProfile } from "./profiles.ts";
import { newFlowSecrets, type ProviderClient } from "./provider-client.ts";

/** How a sign-in at an external provider went. */
type Outcome =
  | { kind: "signed-in"; accountId: string }
  /** An account has the address already: its owner has to sign in first. */
  | { kind: "sign-in-first" };

export interface Federation {
  /** For the sign-in page: a link to `/interaction/<uid>/federation/<id>/start` each. */
  providers: readonly { id: string; label: string }[];
  /** Where to send the browser. @throws Problem not_found, unavailable */
  begin: (flow: Flow) => Promise<URL>;
  /** The flow whose browser comes back with this state. @throws Problem gone */
  flowOf: (state: string | undefined) => Promise<Flow>;
  /**
   * Signs in. `callback`: the address the browser came back to, at the provider's redirect URI.
   * @throws Problem gone, forbidden
   */
  finish: (interactionUid: string, providerId: string, callback: URL) => Promise<Outcome>;
  /** Who came back, and what their provider is called; nothing is made of it. @throws Problem gone, forbidden */
  identify: (flow: Flow, callback: URL) => Promise<ExternalProfile & { label: string }>;
}

export interface FederationOptions {
  clients: ReadonlyMap<string, ProviderClient>;
  flows: Flows;
  pendingLinks: PendingLinks;
  accounts: AccountSource;
  auth: Database;
  app: Database;
}

export function createFederation({ clients, flows, pendingLinks, accounts, auth, app }: FederationOptions): Federation {
  const clientOf = (id: string) => {
    const client = clients.get(id);
    if (!client) throw new Problem("not_found");
    return client;
  };
  /** Just in time: the first sign-in makes the account, unless the address belongs to one. */
  const admit = async (interactionUid: string, provider: string, profile: ExternalProfile): Promise<Outcome> => {
    const { known, made } = await firstSignIn(profile);
    if (known !== undefined) return { kind: "signed-in", accountId: known };
    if (made) {
      await accounts.introduce(made);
      await auditLink(app, made.id, profile.issuer);
      return { kind: "signed-in", accountId: made.id };
    }
    const { email } = profile;
    const owner = email === undefined ? undefined : await accounts.findByEmail(email);
    if (!owner || email === undefined) throw new Problem("conflict", { detail: "the account cannot be made" });
    await pendingLinks.begin(interactionUid, provider, owner.id, { ...profile, email });
    return { kind: "sign-in-first" };
  };

  /** Account and identity together; of several first sign-ins at once the others find what one has made. */
  const firstSignIn = async (profile: ExternalProfile): Promise<{ known?: string; made?: Account | undefined }> => {
    const { value } = await auth.write(async (query) => {
      const identity = JSON.stringify([profile.issuer, profile.externalId]);
      await query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [identity]);
      const known = await findAccountOf(query, profile);
      if (known !== undefined) return { known };
      const made = await accounts.createExternal(query, profile);
      if (made) await link(query, made.id, profile);
      return { made };
    });
    return value;
  };

  const identify: Federation["identify"] = async (flow, callback) => {
    const client = clientOf(flow.providerId);
    const secrets = await flows.finish(callback.searchParams.get("state") ?? "", flow);
    if (!secrets) throw expired();
    return { ...(await believed(client.profile(callback, secrets))), label: client.settings.label };
  };

  return {
    providers: [...clients.values()].map(({ settings: { id, label } }) => ({ id, label })),
    begin: async (flow) => {
      const secrets = newFlowSecrets();
      const url = await reached(clientOf(flow.providerId).authorizationUrl(secrets));
      await flows.begin(flow, secrets);
      return url;
    },
    flowOf: async (state) => {
      const flow = state === undefined ? undefined : await flows.find(state);
      if (!flow) throw expired();
      return flow;
    },
    identify,
    finish: async (interactionUid, providerId, callback) => {
      const { label, ...profile } = await identify({ interactionUid, providerId }, callback);
      const { value: known } = await auth.write((query) => findAccountOf(query, profile));
      if (known === undefined) return admit(interactionUid, label, profile);
      // closed accounts stay closed: a new one in their place would be a way around that
      if (!(await accounts.find(known))) throw new Problem("forbidden", { detail: "this account cannot sign in" });
      return { kind: "signed-in", accountId: known };
    },
  };
}

function expired(): Problem {
  return new Problem("gone", { detail: "this sign-in has expired, or was finished already; start again" });
}

async function reached<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    throw new Problem("unavailable", { detail: "the provider does not answer", cause });
  }
}

/** Whatever is wrong with an answer, the browser hears the same. */
async function believed<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    throw new Problem("forbidden", { detail: "the provider's answer cannot be trusted", cause });
  }
}

/** An external identity is a way in: that there is one more is remembered. */
async function auditLink(app: Database, accountId: string, issuer: string): Promise<void> {
  await app.write((query) =>
    audit(query, {
      actorId: accountId,
      action: "identity.linked",
      targetType: "user",
      targetId: accountId,
      details: { issuer },
    }),
  );
}
