import { alert, field, notice, passkeyForm } from "../fields.ts";
import { html } from "../html.ts";
import type { PageContent } from "../layout.ts";
import type { ProviderButton } from "../services.ts";

export interface SignInPage {
  /** Address of a page of the interaction. */
  href: (path?: string) => string;
  forgotHref: string;
  clientName: string;
  /** Somebody is signed in and has to show once more that it is them. */
  again: boolean;
  email: string | undefined;
  providers: readonly ProviderButton[];
  /** Said above the form. */
  notice?: string | undefined;
  problem?: string | undefined;
}

export function signInPage(page: SignInPage): PageContent {
  const { href, email, providers } = page;
  const content = html`
    ${alert(page.problem)} ${notice(page.notice)}
    <p>${page.again ? "To go on, show once more that it is you." : `You are going on to ${page.clientName}.`}</p>
    <form method="post" action="${href("/password")}">
      ${field({ name: "email", label: "E-mail address", type: "email", autocomplete: "username webauthn", value: email, maxlength: 254, focus: !email })}
      ${field({ name: "password", label: "Password", type: "password", autocomplete: "current-password", focus: Boolean(email) })}
      <label class="check"
        ><input type="checkbox" name="remember" value="yes" checked /> Stay signed in on this device</label
      >
      <button type="submit">Sign in</button>
    </form>
    <div data-passkey-section hidden>
      <p class="or">or</p>
      ${passkeyForm({ kind: "get", action: href("/passkey"), options: href("/passkey/options"), label: "Use a passkey", secondary: true, autofill: true })}
    </div>
    ${providers.map(
      ({ id, label }) =>
        html`<a class="button secondary" href="${href(`/federation/${id}/start`)}">Continue with ${label}</a>`,
    )}
    <ul class="links">
      <li><a href="${page.forgotHref}">Forgot your password?</a></li>
      ${!page.again && html`<li>New here? <a href="${href("/register")}">Create an account</a></li>`}
    </ul>
    <form method="post" action="${href("/abort")}"><button type="submit" class="quiet">Cancel</button></form>
  `;
  return { title: page.again ? "Sign in again" : "Sign in", content, passkeys: true };
}
