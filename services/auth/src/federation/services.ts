import type { Database } from "@purlin/kit/postgres";
import type { AccountSource } from "../oidc/accounts.ts";
import type { ExternalIdentities } from "../pages/services.ts";
import { createFederation, type Federation } from "./federation.ts";
import { createFlows } from "./flows.ts";
import { listIdentities } from "./identities.ts";
import { createPendingLinks, type LinkIdentity, type PendingLinks } from "./pending-links.ts";
import { createProviderClient } from "./provider-client.ts";
import { issues, type ProviderSettings } from "./settings.ts";

export interface FederationServiceOptions {
  auth: Database;
  app: Database;
  issuer: string;
  secret: Buffer;
  providers: ProviderSettings[];
  /** Makes an identity an account's, which hears of it. */
  linkIdentity: LinkIdentity;
}

export interface FederationServices {
  pendingLinks: PendingLinks;
  /** For the account's page. */
  identities: ExternalIdentities;
  /** Whether an issuer is among the providers. */
  lets: (issuer: string) => boolean;
  createFederation: (accounts: AccountSource) => Federation;
}

/** External identity, but for the accounts it signs in to: those need what comes before them. */
export function createFederationServices(options: FederationServiceOptions): FederationServices {
  const { auth, app, issuer, secret, providers } = options;
  const pendingLinks = createPendingLinks(auth, options.linkIdentity);
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
    lets: (issuer) => providers.some((provider) => issues(provider, issuer)),
    createFederation: (accounts) => createFederation({ clients, flows, pendingLinks, accounts, auth, app }),
  };
}

/** Identities with the name of the provider they are from; one that is not in the settings any more goes by its issuer. */
function identitiesOf(auth: Database, providers: ProviderSettings[]): ExternalIdentities {
  const labelOf = (issuer: string) => providers.find((provider) => issues(provider, issuer))?.label ?? issuer;
  return async (accountId) =>
    (await listIdentities(auth.readPrimary, accountId)).map((identity) => ({
      ...identity,
      label: labelOf(identity.issuer),
    }));
}
