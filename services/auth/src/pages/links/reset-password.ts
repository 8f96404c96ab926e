import type { Request, Response } from "express";
import { z } from "zod";
import { findReset, resetPassword } from "../../accounts/password-reset.ts";
import { field } from "../fields.ts";
import { requireForm, tokenField, tokenOf } from "../forms.ts";
import { html } from "../html.ts";
import { show, type PageServices } from "../services.ts";
import { linkOver } from "../page-problem.ts";

const title = "Choose a new password";

export async function showResetPassword(services: PageServices, request: Request, response: Response): Promise<void> {
  await showForm(services, response, tokenOf(request));
}

const form = z.object({ token: tokenField, password: z.string().max(1024) });

export async function submitResetPassword(services: PageServices, request: Request, response: Response): Promise<void> {
  const { token, password } = requireForm(form, request);
  const outcome = await resetPassword(services.accounts, { token, password });
  switch (outcome.kind) {
    case "gone":
      throw linkOver();
    case "refused":
      await showForm(services, response, token, outcome.reason);
      return;
    case "done": {
      const content = html`
        <p>Your new password is in force. You were signed out everywhere.</p>
        <a class="button" href="${services.site.href("/account")}">Sign in</a>
      `;
      show(services, response, { title: "Your password is changed", content });
    }
  }
}

async function showForm(services: PageServices, response: Response, token: string, problem?: string): Promise<void> {
  const user = await findReset(services.accounts, token);
  if (!user) throw linkOver();
  const content = html`
    <form method="post" action="${services.site.href("/password/reset")}">
      <input type="hidden" name="token" value="${token}" />
      <input type="hidden" name="username" autocomplete="username" value="${user.email}" />
      ${field({ name: "password", label: "New password", type: "password", autocomplete: "new-password", problem, hint: "At least 12 characters. A few random words are easy to remember.", focus: true })}
      <button type="submit">Change the password</button>
    </form>
  `;
  show(services, response, { title, content }, { status: problem === undefined ? 200 : 422 });
}
