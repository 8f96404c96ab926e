import { recentSignIns } from "../../accounts/journal.ts";
import { listPasskeys } from "../../accounts/passkeys.ts";
import { countRecoveryCodes } from "../../accounts/recovery-codes.ts";
import { hasTotp } from "../../accounts/totp.ts";
import { findCredentialsOf } from "../../accounts/users.ts";
import { notice } from "../fields.ts";
import { html } from "../html.ts";
import type { PageServices } from "../services.ts";
import { takeWayBack } from "../way-back.ts";
import type { AccountRequest } from "./context.ts";
import { historyList, identityList, passkeyList, sessionList } from "./lists.ts";

/** What was just done, by the word for it in the address. */
const notices: Record<string, string> = {
  password: "Your password is changed. You were signed out everywhere else.",
  email: "We have sent a mail to both addresses. The change is made once both have agreed.",
  passkey: "The passkey is added.",
  "passkey-removed": "The passkey is removed.",
  "totp-removed": "The authenticator app is removed. Signing in takes one step again.",
  session: "That session is signed out.",
  sessions: "You are signed out everywhere else.",
  linked: "The account is linked: from now on it signs you in here.",
  unlinked: "The account is no longer linked.",
};

/** Everything about one's account on one page. */
export async function showOverview(services: PageServices, context: AccountRequest): Promise<void> {
  const { user, session, request, response, href } = context;
  const back = takeWayBack(services, request, response);
  if (back !== undefined) {
    response.redirect(303, services.site.href("") + back);
    return;
  }
  const query = services.accounts.db.readPrimary;
  const [credentials, passkeys, totp, codes, sessions, identities, history] = await Promise.all([
    findCredentialsOf(query, user.id),
    listPasskeys(query, user.id),
    hasTotp(query, user.id),
    countRecoveryCodes(query, user.id),
    services.sessions.list(user.id),
    services.identities(user.id),
    recentSignIns(services.accounts, user.id),
  ]);
  const done = request.query["done"];
  const password = credentials?.passwordHash === undefined ? "Set a password" : "Change the password";
  const content = html`
    ${notice(typeof done === "string" && Object.hasOwn(notices, done) ? notices[done] : undefined)}
    <p>You are signed in as <strong>${user.displayName}</strong>.</p>
    <section>
      <h2>E-mail address and password</h2>
      <ul class="rows">
        <li><span>${user.email ?? "None"}</span> <a href="${href("/email")}">Change the address</a></li>
        <li><span>Password</span> <a href="${href("/password")}">${password}</a></li>
      </ul>
    </section>
    <section>
      <h2>Passkeys</h2>
      ${passkeyList(passkeys, href)}
      <a class="button secondary" href="${href("/passkeys")}">Add a passkey</a>
    </section>
    <section>
      <h2>Authenticator app</h2>
      <p>
        ${
          totp
            ? html`In force: after the password, a code is asked for. ${codes} recovery codes are left.`
            : "Not set up. With it, a stolen password is not enough to sign in as you."
        }
      </p>
      <a class="button secondary" href="${href("/totp")}">${totp ? "Manage the app" : "Set up an app"}</a>
    </section>
    <section>
      <h2>Where you are signed in</h2>
      ${sessionList(sessions, session.id, href)}
      <form method="post" action="${href("/sessions/end-others")}">
        <button type="submit" class="secondary">Sign out everywhere else</button>
      </form>
    </section>
    ${
      (identities.length > 0 || services.providers.length > 0) &&
      html`<section>
        <h2>Linked accounts</h2>
        ${identityList(identities, href)}
        ${services.providers.length > 0 && html`<a class="button secondary" href="${href("/identities")}">Link an account</a>`}
      </section>`
    }
    <section>
      <h2>Latest sign-ins</h2>
      ${historyList(history)}
    </section>
    <section>
      <h2>Leave</h2>
      <form method="post" action="${href("/sign-out")}"><button type="submit" class="secondary">Sign out</button></form>
      <p><a href="${href("/delete")}">Delete the account</a></p>
    </section>
  `;
  context.show({ title: "Your account", content, wide: true });
}
