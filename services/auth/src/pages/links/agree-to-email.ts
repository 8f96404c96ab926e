import type { Request, Response } from "express";
import { z } from "zod";
import { agreeToEmailChange, findEmailChange } from "../../accounts/email-change.ts";
import { requireForm, tokenField, tokenOf } from "../forms.ts";
import { html } from "../html.ts";
import { show, type PageServices } from "../services.ts";
import { linkOver } from "../page-problem.ts";

export async function showAgreeToEmail(services: PageServices, request: Request, response: Response): Promise<void> {
  const token = tokenOf(request);
  const email = await findEmailChange(services.accounts, token);
  if (email === undefined) throw linkOver();
  const content = html`
    <p>
      <strong>${email}</strong> is to become the address of your account. Both the present and the new address have to
      agree.
    </p>
    <form method="post" action="${services.site.href("/email/agree")}">
      <input type="hidden" name="token" value="${token}" />
      <button type="submit">Agree</button>
    </form>
  `;
  show(services, response, { title: "Change your address?", content });
}

const form = z.object({ token: tokenField });

export async function submitAgreeToEmail(services: PageServices, request: Request, response: Response): Promise<void> {
  const agreement = await agreeToEmailChange(services.accounts, requireForm(form, request).token);
  if (agreement === "gone") throw linkOver();
  const changed = agreement === "changed";
  const content = changed
    ? html`<p>From now on, sign in with your new address.</p>`
    : html`<p>Now the other address has to agree: follow the link in the mail we sent there.</p>`;
  show(services, response, { title: changed ? "Your address is changed" : "One more to go", content });
}
