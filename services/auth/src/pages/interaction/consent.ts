import { Problem } from "@purlin/kit/problems";
import { findUser } from "../../accounts/users.ts";
import { html } from "../html.ts";
import type { PageContent } from "../layout.ts";
import type { PageServices } from "../services.ts";
import type { InteractionRequest } from "./context.ts";

/** What a scope lets a client do, for the person who grants it. */
const scopes: Record<string, string> = {
  openid: "know that you are you",
  profile: "see your name",
  email: "see your e-mail address",
  offline_access: "go on while you are away",
  platform: "do everything that you may do",
};

/** Asks whether a client that is not ours may have what it asks for. */
export async function consentPage(
  { accounts }: PageServices,
  { interaction, href }: InteractionRequest,
): Promise<PageContent> {
  const { client, accountId } = interaction;
  const user = accountId === undefined ? undefined : await findUser(accounts.db.readPrimary, accountId);
  if (!user) throw new Problem("gone");
  const content = html`
    <p>${client.name} would like to do this as <strong>${user.email ?? user.displayName}</strong>:</p>
    <ul>
      ${interaction.scopes.map((scope) => html`<li>${scopes[scope] ?? describe(scope)}</li>`)}
    </ul>
    <form method="post" action="${href("/consent")}"><button type="submit">Allow</button></form>
    <form method="post" action="${href("/abort")}"><button type="submit" class="secondary">Refuse</button></form>
  `;
  return { title: `Allow ${client.name}?`, content };
}

/** `task:write` is a permission's own name: write tasks. */
function describe(scope: string): string {
  const [noun = "", verb = ""] = scope.split(":");
  return verb === "" ? scope : `${verb} ${noun.replaceAll("-", " ")}s`;
}
