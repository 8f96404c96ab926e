import { z } from "zod";
import { record } from "../../accounts/journal.ts";
import { listPasskeys } from "../../accounts/passkeys.ts";
import { findCredentialsOf } from "../../accounts/users.ts";
import { requireForm } from "../forms.ts";
import { PageProblem } from "../page-problem.ts";
import type { PageServices } from "../services.ts";
import type { AccountRequest } from "./context.ts";

const unlinkForm = z.object({ provider: z.string().max(100) });

/** Unlinks an external account, unless nothing else would be left to sign in with. */
export async function submitUnlink({ accounts, identities }: PageServices, context: AccountRequest): Promise<void> {
  const { provider } = requireForm(unlinkForm, context.request);
  const userId = context.user.id;
  const query = accounts.db.readPrimary;
  const [linked, credentials, passkeys] = await Promise.all([
    identities.list(userId),
    findCredentialsOf(query, userId),
    listPasskeys(query, userId),
  ]);
  if (linked.length < 2 && credentials?.passwordHash === undefined && passkeys.length === 0) {
    throw new PageProblem("conflict", "You could not sign in any more. Set a password or add a passkey first.");
  }
  if (await identities.unlink(userId, provider)) {
    await record(accounts, { action: "identity.unlinked", userId, details: { provider } });
  }
  context.done("identity");
}
