import type { Request, Response } from "express";
import { z } from "zod";
import { emailField } from "../../accounts/email.ts";
import { requestReset } from "../../accounts/password-reset.ts";
import { field } from "../fields.ts";
import { readForm } from "../forms.ts";
import { html } from "../html.ts";
import { show, type PageServices } from "../services.ts";

export function showForgotPassword(services: PageServices, _request: Request, response: Response): Promise<void> {
  showForm(services, response);
  return Promise.resolve();
}

const forgotForm = z.object({ email: emailField });

export async function submitForgotPassword(
  services: PageServices,
  request: Request,
  response: Response,
): Promise<void> {
  const form = readForm(forgotForm, request);
  if (!form.ok) {
    showForm(services, response, form.problems["email"], form.typed["email"]);
    return;
  }
  await requestReset(services.accounts, form.data.email);
  const content = html`
    <p>
      If <strong>${form.data.email}</strong> has an account here, a mail with a link is on its way. The link is good for
      one hour.
    </p>
    <p class="hint">Nothing there? Look among the spam, or try another address.</p>
  `;
  show(services, response, { title: "Check your mail", content });
}

function showForm(services: PageServices, response: Response, problem?: string, value?: string): void {
  const content = html`
    <p>We send you a link with which you can choose a new one.</p>
    <form method="post" action="${services.site.href("/password/forgot")}">
      ${field({ name: "email", label: "E-mail address", type: "email", autocomplete: "username", value, problem, maxlength: 254, focus: true })}
      <button type="submit">Send the link</button>
    </form>
  `;
  show(services, response, { title: "Forgot your password?", content }, { status: problem === undefined ? 200 : 422 });
}
