import { z } from "zod";
import { changePassword } from "../../accounts/password-change.ts";
import { findCredentialsOf } from "../../accounts/users.ts";
import { field } from "../fields.ts";
import { requireForm } from "../forms.ts";
import { html } from "../html.ts";
import type { PageServices } from "../services.ts";
import type { AccountRequest } from "./context.ts";

export async function showPassword(
  { accounts }: PageServices,
  { user, href, show }: AccountRequest,
  problem?: { field: "current" | "password"; reason: string },
): Promise<void> {
  const hasPassword = (await findCredentialsOf(accounts.db.readPrimary, user.id))?.passwordHash !== undefined;
  const of = (name: "current" | "password") => (problem?.field === name ? problem.reason : undefined);
  const content = html`
    <p>You will be signed out everywhere else.</p>
    <form method="post" action="${href("/password")}">
      <input type="hidden" name="username" autocomplete="username" value="${user.email}" />
      ${hasPassword && field({ name: "current", label: "Present password", type: "password", autocomplete: "current-password", problem: of("current") })}
      ${field({ name: "password", label: "New password", type: "password", autocomplete: "new-password", problem: of("password"), hint: "At least 12 characters. A few random words are easy to remember." })}
      <button type="submit">${hasPassword ? "Change the password" : "Set the password"}</button>
    </form>
    <ul class="links">
      <li><a href="${href()}">Back to your account</a></li>
    </ul>
  `;
  show({ title: hasPassword ? "Change your password" : "Set a password", content }, problem ? 422 : 200);
}

const passwordForm = z.object({ current: z.string().max(1024).default(""), password: z.string().max(1024) });

export async function submitPassword(services: PageServices, context: AccountRequest): Promise<void> {
  const { current, password } = requireForm(passwordForm, context.request);
  const { accountId: userId, id: sessionId } = context.session;
  const outcome = await changePassword(services.accounts, { userId, sessionId, current, password });
  if (outcome.kind === "done") context.done("password");
  else await showPassword(services, context, outcome);
}
