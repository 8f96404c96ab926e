import { html, type Html } from "./html.ts";

export interface Field {
  name: string;
  label: string;
  type?: "text" | "email" | "password";
  /** Purpose of the field for password managers and screen readers (WCAG 2.2, 1.3.5). */
  autocomplete: string;
  value?: string | undefined;
  /** What to know before filling it in. */
  hint?: string | undefined;
  /** What is wrong with what was filled in. */
  problem?: string | undefined;
  inputmode?: "numeric" | "text";
  maxlength?: number;
  focus?: boolean;
}

/** A labelled input. Hint and problem are tied to it, so that both are read out with it. */
export function field(options: Field): Html {
  const { name, label, type = "text", autocomplete, value, hint, problem, inputmode, maxlength, focus } = options;
  const described = [hint && `${name}-hint`, problem && `${name}-problem`].filter(Boolean).join(" ");
  const attributes = [
    described && html` aria-describedby="${described}"`,
    problem && html` aria-invalid="true"`,
    value !== undefined && type !== "password" && html` value="${value}"`,
    inputmode && html` inputmode="${inputmode}"`,
    maxlength !== undefined && html` maxlength="${maxlength}"`,
    (focus ?? problem !== undefined) && html` autofocus`,
  ];
  return html`
    <label for="${name}">${label}</label>
    <input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" required${attributes} />
    ${hint && html`<span class="hint" id="${name}-hint">${hint}</span>`}
    ${problem && html`<span class="problem" id="${name}-problem">${problem}</span>`}
  `;
}

/** Says what went wrong with the form as a whole; nothing when nothing did. */
export function alert(problem: string | undefined): Html | undefined {
  return problem === undefined ? undefined : html`<p role="alert">${problem}</p>`;
}

/** Says what was done. */
export function notice(text: string | undefined): Html | undefined {
  return text === undefined ? undefined : html`<p role="status">${text}</p>`;
}

/** A form that a passkey fills in; hidden where the browser has none (assets/passkeys.js). */
export function passkeyForm(options: {
  kind: "create" | "get";
  action: string;
  options: string;
  label: string;
  fields?: Html;
  secondary?: boolean;
  /** Passkeys are also suggested in the field with `autocomplete="… webauthn"`. */
  autofill?: boolean;
}): Html {
  return html`
    <form
      method="post"
      action="${options.action}"
      data-passkey="${options.kind}"
      data-options="${options.options}"
      ${options.autofill && html`data-autofill`}
      hidden
    >
      <p role="alert"></p>
      ${options.fields}
      <input type="hidden" name="credential" value="" />
      <button type="submit" class="${options.secondary ? "secondary" : "primary"}">${options.label}</button>
    </form>
  `;
}
