import type { Database } from "@purlin/kit/postgres";
import type { AccountSource } from "../oidc/accounts.ts";
import type { ExternalIdentities } from "../pages/services.ts";
import { createFederation, type Federation } from "./federation.ts";
import { createFlows } from "./flows.ts";
import { listIdentities, unlink } from "./identities.ts";
import { createPendingLinks, type PendingLinks } from "./pending-links.ts";
import { createProviderClient } from "./provider-client.ts";
import { issues, type ProviderSettings } from "./settings.ts";

export interface FederationServiceOptions {
  auth: Database;
  app: Database;
  issuer: string;
  secret: Buffer;
  providers: ProviderSettings[];
}

export interface FederationServices {
  pendingLinks: PendingLinks;
  /** For the account's page. */
  identities: ExternalIdentities;
  createFederation: (accounts: AccountSource) => Federation;
}

/** External identity, but for the accounts it signs in to: those need what comes before them. */
export function createFederationServices(options: FederationServiceOptions): FederationServices {
  const { auth, app, issuer, secret, providers } = options;
  const pendingLinks = createPendingLinks(auth, app);
  const flows = createFlows(auth, secret);
  const clients = new Map(
    providers.map((settings) => [
      settings.id,
      createProviderClient(settings, `${issuer}/federation/${settings.id}/callback`),
    ]),
  );
  return {
    pendingLinks,
    identities: identitiesOf(auth, providers),
    createFederation: (accounts) => createFederation({ clients, flows, pendingLinks, accounts, auth, app }),
  };
}

/** An identity by the provider it is from; one of a provider that is not in the settings any more goes by its issuer. */
function identitiesOf(auth: Database, providers: ProviderSettings[]): ExternalIdentities {
  const providerOf = (issuer: string) =>
    providers.find((provider) => issues(provider, issuer)) ?? { id: issuer, label: issuer };
  return {
    list: async (accountId) => {
      const identities = await listIdentities(auth.readPrimary, accountId);
      return identities.map(({ issuer, email }) => ({
        provider: providerOf(issuer).id,
        label: providerOf(issuer).label,
        email,
      }));
    },
    unlink: async (accountId, provider) => {
      const identities = await listIdentities(auth.readPrimary, accountId);
      const gone = identities.filter(({ issuer }) => providerOf(issuer).id === provider);
      await auth.write(async (query) => {
        for (const { issuer, externalId } of gone) await unlink(query, accountId, issuer, externalId);
      });
      return gone.length > 0;
    },
  };
}
