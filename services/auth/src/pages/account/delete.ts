import { z } from "zod";
import { deleteAccount } from "../../accounts/deletion.ts";
import { field } from "../fields.ts";
import { readForm } from "../forms.ts";
import { html } from "../html.ts";
import { PageProblem } from "../page-problem.ts";
import type { PageServices } from "../services.ts";
import type { AccountRequest } from "./context.ts";

export function showDelete(_services: PageServices, context: AccountRequest): Promise<void> {
  showForm(context);
  return Promise.resolve();
}

const deleteForm = z.object({ confirm: z.string().trim().toLowerCase().pipe(z.literal("delete", "is not the word")) });

export async function submitDelete({ accounts }: PageServices, context: AccountRequest): Promise<void> {
  const form = readForm(deleteForm, context.request);
  if (!form.ok) {
    showForm(context, form.problems["confirm"]);
    return;
  }
  const orphans = await deleteAccount(accounts, context.user.id);
  if (orphans.length > 0) {
    throw new PageProblem(
      "conflict",
      `You are the only owner of ${orphans.join(", ")}. Make somebody else an owner first.`,
    );
  }
  context.show({ title: "Your account is deleted", content: html`<p>You can close this page.</p>` });
}

function showForm({ href, show }: AccountRequest, problem?: string): void {
  const content = html`
    <p>
      You are signed out everywhere, and nothing can sign you in again. What you wrote in organisations stays there, as
      of a deleted user. This cannot be undone.
    </p>
    <form method="post" action="${href("/delete")}">
      ${field({ name: "confirm", label: "Type “delete” to confirm", autocomplete: "off", maxlength: 20, problem })}
      <button type="submit" class="danger">Delete the account</button>
    </form>
    <ul class="links">
      <li><a href="${href()}">Back to your account</a></li>
    </ul>
  `;
  show({ title: "Delete your account?", content }, problem === undefined ? 200 : 422);
}
