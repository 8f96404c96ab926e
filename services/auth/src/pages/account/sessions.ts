import { z } from "zod";
import { record } from "../../accounts/journal.ts";
import { requireForm } from "../forms.ts";
import { html } from "../html.ts";
import type { PageServices } from "../services.ts";
import type { AccountRequest } from "./context.ts";

const endForm = z.object({ id: z.string().max(200) });

/** Signs another session out. */
export async function submitEndSession({ accounts, sessions }: PageServices, context: AccountRequest): Promise<void> {
  const { id } = requireForm(endForm, context.request);
  const userId = context.user.id;
  if (await sessions.end(userId, id)) {
    await record(accounts, { action: "session.ended", userId, details: { by: "owner, elsewhere" } });
  }
  context.done("session");
}

export async function submitEndOtherSessions(
  { accounts, sessions }: PageServices,
  context: AccountRequest,
): Promise<void> {
  const userId = context.user.id;
  await sessions.endAll(userId, { except: context.session.id });
  await record(accounts, { action: "session.ended", userId, details: { by: "owner, everywhere else" } });
  context.done("sessions");
}

export async function submitSignOut(
  { accounts, sessions, site }: PageServices,
  context: AccountRequest,
): Promise<void> {
  const userId = context.user.id;
  await sessions.end(userId, context.session.id);
  await record(accounts, { action: "session.ended", userId, details: { by: "owner" } });
  const content = html`<p>You can close this page.</p>
    <a class="button secondary" href="${site.href("/account")}">Sign in again</a>`;
  context.show({ title: "You are signed out", content });
}
