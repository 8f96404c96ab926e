import { z } from "zod";
import { emailField } from "../../accounts/email.ts";
import { register } from "../../accounts/registration.ts";
import { alert, field } from "../fields.ts";
import { readForm } from "../forms.ts";
import { html } from "../html.ts";
import type { PageContent } from "../layout.ts";
import type { PageServices } from "../services.ts";
import type { InteractionRequest } from "./context.ts";

interface Typed {
  typed?: Record<string, string>;
  problems?: Record<string, string>;
}

function registerPage({ href }: InteractionRequest, { typed = {}, problems = {} }: Typed = {}): PageContent {
  const content = html`
    ${alert(Object.keys(problems).length > 0 ? "Something has to be mended first." : undefined)}
    <form method="post" action="${href("/register")}">
      ${field({ name: "displayName", label: "Your name", autocomplete: "name", value: typed["displayName"], problem: problems["displayName"], maxlength: 100 })}
      ${field({ name: "email", label: "E-mail address", type: "email", autocomplete: "username", value: typed["email"], problem: problems["email"], maxlength: 254 })}
      ${field({ name: "password", label: "Password", type: "password", autocomplete: "new-password", problem: problems["password"], hint: "At least 12 characters. A few random words are easy to remember." })}
      <button type="submit">Create an account</button>
    </form>
    <ul class="links">
      <li>Have an account? <a href="${href()}">Sign in</a></li>
    </ul>
  `;
  return { title: "Create an account", content };
}

export function showRegister(_services: PageServices, context: InteractionRequest): Promise<void> {
  context.show(registerPage(context));
  return Promise.resolve();
}

const registerForm = z.object({
  displayName: z
    .string()
    .trim()
    .min(1, "is missing")
    .max(100, "is too long")
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, "has characters that are not text"),
  email: emailField,
  password: z.string().max(1024, "is too long"),
});

export async function submitRegister({ accounts }: PageServices, context: InteractionRequest): Promise<void> {
  const form = readForm(registerForm, context.request);
  if (!form.ok) {
    context.show(registerPage(context, form), 422);
    return;
  }
  const { interaction } = context;
  const refused = await register(accounts, { ...form.data, interactionUid: interaction.uid });
  if (refused !== undefined) {
    const { displayName, email } = form.data;
    context.show(registerPage(context, { typed: { displayName, email }, problems: { password: refused } }), 422);
    return;
  }
  context.show(checkMailPage(form.data.email));
}

/** The same whether the address has an account already or not. */
function checkMailPage(email: string): PageContent {
  const content = html`
    <p>We have sent a mail to <strong>${email}</strong>. Follow the link in it to go on.</p>
    <p class="hint">Nothing there? Look among the spam, or wait a minute. You can close this page.</p>
  `;
  return { title: "Check your mail", content };
}
