import { Problem } from "@purlin/kit/problems";
import { z } from "zod";
import { linkIdentity, unlinkIdentity } from "../../federation/linking.ts";
import { callbackOf } from "../../federation/mount.ts";
import { alert } from "../fields.ts";
import { jsonField, requireForm } from "../forms.ts";
import { html } from "../html.ts";
import { keepsLastWayIn } from "../page-problem.ts";
import { requireOwnLink } from "../same-origin.ts";
import type { PageServices } from "../services.ts";
import type { AccountRequest } from "./context.ts";
import { identityList } from "./lists.ts";

export async function showIdentities(
  { identities, providers }: PageServices,
  { user, href, show }: AccountRequest,
  problem?: string,
): Promise<void> {
  const content = html`
    <p>Sign in here with an account you have elsewhere.</p>
    ${alert(problem)} ${identityList(await identities(user.id), href)}
    ${providers.map(
      ({ id, label }) => html`<a class="button secondary" href="${href(`/identities/${id}/link`)}">Link ${label}</a>`,
    )}
    <ul class="links">
      <li><a href="${href()}">Back to your account</a></li>
    </ul>
  `;
  show({ title: "Linked accounts", content, wide: true }, problem === undefined ? 200 : 422);
}

/** Sends the browser to the provider. By a link, not a form: the content security policy would hold back a form's redirect to there. */
export async function beginLink({ federation }: PageServices, { request, response, session }: AccountRequest) {
  requireOwnLink(request);
  const url = await federation.begin({ sessionId: session.id, providerId: providerOf(request) });
  response.redirect(303, url.href);
}

/** The browser is back, in the session it left in. */
export async function finishLink(services: PageServices, context: AccountRequest): Promise<void> {
  const { accounts, federation, issuer } = services;
  const { request, session, user } = context;
  const providerId = providerOf(request);
  try {
    const callback = callbackOf(request, providerId, issuer);
    const profile = await federation.identify({ sessionId: session.id, providerId }, callback);
    if ((await linkIdentity(accounts, user, profile)) === "linked") context.done("linked");
    else await showIdentities(services, context, "That account is linked to somebody else's account here.");
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "forbidden") throw error;
    accounts.logger.warn({ err: error.options.cause ?? error, provider: providerId }, "an identity was not linked");
    await showIdentities(services, context, "That did not work, and nothing was linked. Try again.");
  }
}

const unlinkForm = z.object({ identity: jsonField(z.tuple([z.string(), z.string()])) });

/** Unlinks an external account, unless nothing else would be left to sign in with. */
export async function submitUnlink({ accounts, identities }: PageServices, context: AccountRequest): Promise<void> {
  const [issuer, externalId] = requireForm(unlinkForm, context.request).identity;
  const linked = (await identities(context.user.id)).find(
    (identity) => identity.issuer === issuer && identity.externalId === externalId,
  );
  if (linked) await keepsLastWayIn(unlinkIdentity(accounts, context.user, linked));
  context.done("unlinked");
}

function providerOf({ params }: AccountRequest["request"]): string {
  return z.string().parse(params["provider"]);
}
