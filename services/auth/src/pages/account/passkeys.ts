import { z } from "zod";
import { passkeyAttestation } from "../../accounts/passkey-responses.ts";
import { addPasskey, listPasskeys, passkeyCreationOptions, removePasskey } from "../../accounts/passkeys.ts";
import { alert, field, passkeyForm } from "../fields.ts";
import { jsonField, requireForm } from "../forms.ts";
import { html } from "../html.ts";
import { keepsLastWayIn } from "../page-problem.ts";
import type { PageServices } from "../services.ts";
import type { AccountRequest } from "./context.ts";
import { passkeyList } from "./lists.ts";
import { describeAgent } from "./words.ts";

export async function showPasskeys(
  { accounts }: PageServices,
  { user, request, href, show }: AccountRequest,
  problem?: string,
): Promise<void> {
  const passkeys = await listPasskeys(accounts.db.readPrimary, user.id);
  const value = describeAgent(request.get("user-agent"));
  const content = html`
    ${alert(problem)} ${passkeyList(passkeys, href)}
    ${passkeyForm({
      kind: "create",
      action: href("/passkeys"),
      options: href("/passkeys/options"),
      label: "Add a passkey",
      fields: field({
        name: "name",
        label: "Name of the new passkey",
        autocomplete: "off",
        value,
        maxlength: 60,
        hint: "So that you can tell it from others.",
      }),
    })}
    <noscript><p>To add a passkey, scripts have to be allowed on this page.</p></noscript>
    <ul class="links">
      <li><a href="${href()}">Back to your account</a></li>
    </ul>
  `;
  show({ title: "Passkeys", content, passkeys: true, wide: true }, problem === undefined ? 200 : 422);
}

export async function creationOptions(
  { accounts }: PageServices,
  { user, session, response }: AccountRequest,
): Promise<void> {
  response.set("cache-control", "no-store").json(await passkeyCreationOptions(accounts, user, session.id));
}

const addForm = z.object({
  name: z.string().trim().min(1).max(60).catch("Passkey"),
  credential: jsonField(passkeyAttestation),
});

export async function submitPasskey(services: PageServices, context: AccountRequest): Promise<void> {
  const { name, credential } = requireForm(addForm, context.request);
  const { user, session } = context;
  const added = await addPasskey(services.accounts, user, { response: credential, name, boundTo: session.id });
  if (added) context.done("passkey");
  else await showPasskeys(services, context, "That did not work. Try again.");
}

const removeForm = z.object({ id: z.string().max(1400) });

export async function submitRemovePasskey({ accounts }: PageServices, context: AccountRequest): Promise<void> {
  await keepsLastWayIn(removePasskey(accounts, context.user, requireForm(removeForm, context.request).id));
  context.done("passkey-removed");
}
