import { alert, field, passkeyForm } from "../fields.ts";
import { html } from "../html.ts";
import type { PageContent } from "../layout.ts";

export interface SecondStepPage {
  href: (path?: string) => string;
  /** Which code is asked for. */
  kind: "totp" | "recovery";
  problem?: string | undefined;
}

/** Who has come this far knows the password. */
export function secondStepPage({ href, kind, problem }: SecondStepPage): PageContent {
  const totp = kind === "totp";
  const content = html`
    ${alert(problem)}
    <form method="post" action="${href(totp ? "/code" : "/recovery")}">
      ${
        totp
          ? field({
              name: "code",
              label: "Code from your authenticator app",
              autocomplete: "one-time-code",
              inputmode: "numeric",
              maxlength: 12,
              hint: "Six digits; a new code comes every half minute.",
              focus: true,
            })
          : field({
              name: "code",
              label: "Recovery code",
              autocomplete: "off",
              maxlength: 40,
              hint: "One of the codes you kept when you set up the app. Each works once.",
              focus: true,
            })
      }
      <button type="submit">Continue</button>
    </form>
    <div data-passkey-section hidden>
      <p class="or">or</p>
      ${passkeyForm({ kind: "get", action: href("/passkey"), options: href("/passkey/options"), label: "Use a passkey", secondary: true })}
    </div>
    <ul class="links">
      <li>
        ${totp ? html`<a href="${href("/recovery")}">Use a recovery code</a>` : html`<a href="${href()}">Use the authenticator app</a>`}
      </li>
    </ul>
    <form method="post" action="${href("/restart")}"><button type="submit" class="quiet">Start again</button></form>
  `;
  return { title: "Second step", content, passkeys: true };
}
