import { z } from "zod";
import { emailField } from "../../accounts/email.ts";
import { requestEmailChange } from "../../accounts/email-change.ts";
import { field } from "../fields.ts";
import { readForm } from "../forms.ts";
import { html } from "../html.ts";
import type { PageServices } from "../services.ts";
import type { AccountRequest } from "./context.ts";

export function showEmail(_services: PageServices, context: AccountRequest): Promise<void> {
  showForm(context);
  return Promise.resolve();
}

const emailForm = z.object({ email: emailField });

export async function submitEmail({ accounts }: PageServices, context: AccountRequest): Promise<void> {
  const form = readForm(emailForm, context.request);
  if (!form.ok) {
    showForm(context, form.problems["email"], form.typed["email"]);
    return;
  }
  await requestEmailChange(accounts, context.user.id, form.data.email);
  context.done("email");
}

function showForm({ user, href, show }: AccountRequest, problem?: string, value?: string): void {
  const content = html`
    <p>
      Your address is <strong>${user.email ?? "not known"}</strong>. Both it and the new one get a mail, and have to
      agree.
    </p>
    <form method="post" action="${href("/email")}">
      ${field({ name: "email", label: "New e-mail address", type: "email", autocomplete: "email", value, problem, maxlength: 254 })}
      <button type="submit">Change the address</button>
    </form>
    <ul class="links">
      <li><a href="${href()}">Back to your account</a></li>
    </ul>
  `;
  show({ title: "Change your e-mail address", content }, problem === undefined ? 200 : 422);
}
