import type { Response } from "express";
import type { AccountServices } from "../accounts/services.ts";
import type { Federation } from "../federation/federation.ts";
import type { Interactions } from "../oidc/interactions.ts";
import { setSecurityHeaders } from "../oidc/security-headers.ts";
import type { Sessions } from "../oidc/sessions.ts";
import type { PageCookie } from "./cookies.ts";
import { renderPage, type PageContent, type Site } from "./layout.ts";

/** An external provider people may sign in with. */
export interface ProviderButton {
  id: string;
  label: string;
}

/** The external identities of an account. `label`: of the provider. */
export type ExternalIdentities = (
  accountId: string,
) => Promise<{ issuer: string; externalId: string; label: string; email: string | undefined; linkedAt: Date }[]>;

/** What the pages work with. */
export interface PageServices {
  accounts: AccountServices;
  interactions: Interactions;
  sessions: Sessions;
  providers: readonly ProviderButton[];
  identities: ExternalIdentities;
  federation: Pick<Federation, "begin" | "identify">;
  /** Where people reach this service, with its path. */
  issuer: string;
  site: Site;
  /** In which the account's owner has signed in before: accounts/devices.ts. */
  deviceCookie: PageCookie;
  /** Where somebody was on the way to when they had to sign in: way-back.ts. */
  returnCookie: PageCookie;
}

/** Answers with a page. `formTargets`: where its forms may lead besides this service. */
export function show(
  { site }: Pick<PageServices, "site">,
  response: Response,
  page: PageContent,
  { status = 200, formTargets = [] }: { status?: number; formTargets?: readonly string[] } = {},
): void {
  setSecurityHeaders(response, { scripts: page.passkeys ?? false, formTargets });
  response.status(status).type("html").send(renderPage(site, page));
}
