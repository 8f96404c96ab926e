import type { PastSignIn } from "../../accounts/journal.ts";
import type { Passkey } from "../../accounts/passkeys.ts";
import type { SignInSession } from "../../oidc/sessions.ts";
import { html, type Html } from "../html.ts";
import type { ExternalIdentities } from "../services.ts";
import { describeAgent, time } from "./words.ts";

type Href = (path?: string) => string;

/** A row's own button: which one it is goes into its name, for those who hear buttons without what is around them. */
function removeButton(action: string, field: string, value: string, label: string, what: string): Html {
  return html`
    <form method="post" action="${action}">
      <input type="hidden" name="${field}" value="${value}" />
      <button type="submit" class="secondary" aria-label="${label} ${what}">${label}</button>
    </form>
  `;
}

export function passkeyList(passkeys: readonly Passkey[], href: Href): Html {
  if (passkeys.length === 0)
    return html`<p>None yet. A passkey signs you in by finger, face or code, without a password.</p>`;
  return html`<ul class="rows">
    ${passkeys.map(
      ({ id, name, createdAt, lastUsedAt }) =>
        html`<li>
          <span
            >${name} <small>Added ${time(createdAt)}${lastUsedAt && html`, last used ${time(lastUsedAt)}`}</small></span
          >
          ${removeButton(href("/passkeys/remove"), "id", id, "Remove", name)}
        </li>`,
    )}
  </ul>`;
}

export function sessionList(sessions: readonly SignInSession[], currentId: string, href: Href): Html {
  return html`<ul class="rows">
    ${sessions.map((session) => {
      const name =
        session.kind === "browser"
          ? describeAgent(session.userAgent)
          : session.clients.map(({ name }) => name).join(", ");
      return html`<li>
        <span>
          ${name} ${session.id === currentId && html`<strong>(this one)</strong>`}
          <small>${session.address} · since ${time(session.signedInAt)} · last seen ${time(session.lastSeenAt)}</small>
        </span>
        ${session.id !== currentId && removeButton(href("/sessions/end"), "id", session.id, "Sign out", name)}
      </li>`;
    })}
  </ul>`;
}

export function identityList(identities: Awaited<ReturnType<ExternalIdentities>>, href: Href): Html {
  if (identities.length === 0) return html`<p>None yet.</p>`;
  return html`<ul class="rows">
    ${identities.map(
      ({ issuer, externalId, label, email, linkedAt }) =>
        html`<li>
          <span>${label} <small>${email && html`${email}, `}linked ${time(linkedAt)}</small></span>
          ${removeButton(href("/identities/unlink"), "identity", JSON.stringify([issuer, externalId]), "Unlink", email ? `${label} (${email})` : label)}
        </li>`,
    )}
  </ul>`;
}

/** Words for how an attempt ended. */
const results: Record<string, string> = {
  success: "Signed in",
  failure: "Refused",
  throttled: "Refused, too many attempts",
  "second-step": "Password right",
};

export function historyList(history: readonly PastSignIn[]): Html {
  if (history.length === 0) return html`<p>None.</p>`;
  return html`<ul class="rows">
    ${history.map(
      ({ method, result, address, at }) =>
        html`<li>
          <span
            >${results[result] ?? result} <small>${method.replaceAll("-", " ")} · ${address} · ${time(at)}</small></span
          >
        </li>`,
    )}
  </ul>`;
}
