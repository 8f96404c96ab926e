import type { Request, Response } from "express";
import { z } from "zod";
import { confirmRegistration, findRegistration } from "../../accounts/registration.ts";
import { alert, field } from "../fields.ts";
import { requireForm, tokenField, tokenOf } from "../forms.ts";
import { html } from "../html.ts";
import { show, type PageServices } from "../services.ts";
import { linkOver } from "../page-problem.ts";

const title = "Confirm your address";

/** The link of the mail: nothing happens yet, since programs that read mail follow links too. */
export async function showConfirmRegistration(
  services: PageServices,
  request: Request,
  response: Response,
): Promise<void> {
  await showForm(services, response, tokenOf(request));
}

const form = z.object({ token: tokenField, password: z.string().max(1024) });

export async function submitConfirmRegistration(
  services: PageServices,
  request: Request,
  response: Response,
): Promise<void> {
  const { token, password } = requireForm(form, request);
  const confirmed = await confirmRegistration(services.accounts, { token, password });
  if (!confirmed) {
    await showForm(services, response, token, "This is not the password you chose when you signed up.");
    return;
  }
  const next = services.site.href(`/interaction/${confirmed.interactionUid}`);
  const content = html`
    <p>${confirmed.user.email} is confirmed, and your account is ready.</p>
    <a class="button" href="${next}">Continue</a>
  `;
  show(services, response, { title: "Welcome", content });
}

async function showForm(services: PageServices, response: Response, token: string, problem?: string): Promise<void> {
  const pending = await findRegistration(services.accounts, token);
  if (!pending) throw linkOver();
  const content = html`
    ${alert(problem)}
    <p>Type in the password you chose for <strong>${pending.email}</strong>. It shows that it was you who signed up.</p>
    <form method="post" action="${services.site.href("/register/confirm")}">
      <input type="hidden" name="token" value="${token}" />
      <input type="hidden" name="username" autocomplete="username" value="${pending.email}" />
      ${field({ name: "password", label: "Password", type: "password", autocomplete: "current-password", focus: true })}
      <button type="submit">Confirm</button>
    </form>
  `;
  show(services, response, { title, content }, { status: problem === undefined ? 200 : 422 });
}
