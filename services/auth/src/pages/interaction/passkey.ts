import { Problem } from "@purlin/kit/problems";
import { z } from "zod";
import { recordSignIn } from "../../accounts/journal.ts";
import { passkeyAssertion } from "../../accounts/passkey-responses.ts";
import { passkeyRequestOptions, verifyPasskey } from "../../accounts/passkeys.ts";
import { admitUser } from "../../accounts/sign-in.ts";
import { jsonField, requireForm } from "../forms.ts";
import type { PageServices } from "../services.ts";
import type { InteractionRequest } from "./context.ts";
import { finish } from "./sign-in.ts";

/** What the browser is to ask its authenticator for. */
export async function passkeyOptions(
  services: PageServices,
  { interaction, response }: InteractionRequest,
): Promise<void> {
  response.set("cache-control", "no-store").json(await passkeyRequestOptions(services.accounts, interaction.uid));
}

const passkeyForm = z.object({ credential: jsonField(passkeyAssertion) });

/** A passkey answered. It checks who holds it, so nothing else is asked for; no limit on guesses applies, since there is nothing to guess. */
export async function submitPasskey(services: PageServices, context: InteractionRequest): Promise<void> {
  const { accounts } = services;
  const { credential } = requireForm(passkeyForm, context.request);
  const user = await verifyPasskey(accounts, { response: credential, boundTo: context.interaction.uid });
  if (!user || !(await admitUser(accounts, user, "passkey"))) {
    if (!user) await recordSignIn(accounts, { method: "passkey", result: "failure", userId: undefined });
    throw new Problem("forbidden", { detail: "this passkey is not known here" });
  }
  // it may have been a phone held to somebody else's computer: that does not stay signed in
  await finish(services, context, user, { methods: ["hwk", "user", "mfa"], remember: false });
}
