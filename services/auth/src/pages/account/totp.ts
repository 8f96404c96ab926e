import { Problem } from "@purlin/kit/problems";
import { toDataURL } from "qrcode";
import { z } from "zod";
import { countRecoveryCodes, replaceRecoveryCodes } from "../../accounts/recovery-codes.ts";
import { record } from "../../accounts/journal.ts";
import { beginTotp, confirmTotp, hasTotp, removeTotp, type TotpSetup } from "../../accounts/totp.ts";
import { field } from "../fields.ts";
import { requireForm } from "../forms.ts";
import { html, type Html } from "../html.ts";
import type { PageServices } from "../services.ts";
import type { AccountRequest } from "./context.ts";

/** Sets an authenticator app up, or shows what to do with the one in force. */
export async function showTotp(services: PageServices, context: AccountRequest, problem?: string): Promise<void> {
  const { accounts } = services;
  const setup = await beginTotp(accounts, context.user);
  const content = setup
    ? await setupForm(context, setup, problem)
    : manageForm(context, await countRecoveryCodes(accounts.db.readPrimary, context.user.id));
  context.show({ title: setup ? "Set up an authenticator app" : "Authenticator app", content }, problem ? 422 : 200);
}

async function setupForm(
  { href }: AccountRequest,
  { secret, uri }: TotpSetup,
  problem: string | undefined,
): Promise<Html> {
  return html`
    <p>Scan this with your app, or type the key in.</p>
    <img class="qr" alt="QR code of the key below" src="${await toDataURL(uri, { margin: 2, width: 384 })}" />
    <p>Key: <span class="secret">${secret.replaceAll(/(.{4})(?=.)/g, "$1 ")}</span></p>
    <form method="post" action="${href("/totp")}">
      ${field({ name: "code", label: "The code your app shows now", autocomplete: "one-time-code", inputmode: "numeric", maxlength: 12, problem })}
      <button type="submit">Put it in force</button>
    </form>
    <ul class="links">
      <li><a href="${href()}">Back to your account</a></li>
    </ul>
  `;
}

function manageForm({ href }: AccountRequest, codes: number): Html {
  return html`
    <p>After your password, a code of your app is asked for. You have ${codes} recovery codes left.</p>
    <form method="post" action="${href("/totp/codes")}"><button type="submit">Make new recovery codes</button></form>
    <form method="post" action="${href("/totp/remove")}">
      <button type="submit" class="danger">Remove the app</button>
    </form>
    <ul class="links">
      <li><a href="${href()}">Back to your account</a></li>
    </ul>
  `;
}

const codeForm = z.object({ code: z.string().max(100) });

export async function submitTotp(services: PageServices, context: AccountRequest): Promise<void> {
  const codes = await confirmTotp(services.accounts, context.user, requireForm(codeForm, context.request).code);
  if (codes) showCodes(context, codes);
  else await showTotp(services, context, "This code is not right. Wait for the next one and try again.");
}

/** New recovery codes; the old ones are void. */
export async function submitNewCodes({ accounts }: PageServices, context: AccountRequest): Promise<void> {
  if (!(await hasTotp(accounts.db.readPrimary, context.user.id))) throw new Problem("gone");
  const { value: codes } = await accounts.db.write((query) => replaceRecoveryCodes(query, context.user.id));
  await record(accounts, { action: "recovery_codes.replaced", userId: context.user.id });
  showCodes(context, codes);
}

export async function submitRemoveTotp({ accounts }: PageServices, context: AccountRequest): Promise<void> {
  await removeTotp(accounts, context.user.id);
  context.done("totp-removed");
}

/** The only time they can be seen. */
function showCodes({ href, show }: AccountRequest, codes: readonly string[]): void {
  const content = html`
    <p>
      Keep these where you do not keep your phone. Each gets you in once when you have lost the app. They are not shown
      again.
    </p>
    <ol class="codes">
      ${codes.map((code) => html`<li>${code}</li>`)}
    </ol>
    <a class="button" href="${href()}">I have kept them</a>
  `;
  show({ title: "Your recovery codes", content, wide: true });
}
