import { requestContext } from "@purlin/kit/request-context";
import { errors, type ErrorOut, type KoaContextWithOIDC } from "oidc-provider";
import { html, type Html } from "../pages/html.ts";
import { formTarget, setSecurityHeaders } from "./security-headers.ts";

/** A whole page around `content`. */
export type RenderPage = (page: { title: string; content: Html }) => string;

/** What is said for an OAuth error. Nothing that came with the request is repeated. */
const explanations: Record<string, string> = {
  access_denied: "You have not given the application access.",
  invalid_client: "The application is not known here.",
  invalid_redirect_uri: "The application's address is not the one it is known by.",
  temporarily_unavailable: "This does not work at the moment. Try again in a minute.",
  server_error: "Something went wrong on our side. Try again in a minute.",
};

const invalid = "The application has sent a request that is not valid.";
const expired =
  "This sign-in has expired, or was started in another browser. Go back to the application and start again.";

/** The pages oidc-provider shows by itself, in words and markup of ours. */
export function createViews(renderPage: RenderPage) {
  const show = (context: KoaContextWithOIDC, title: string, content: Html): void => {
    context.type = "html";
    context.body = renderPage({ title, content });
  };
  const userCodePage = (context: KoaContextWithOIDC, form: string, error: boolean): void => {
    const code = html` <form method="post" action="${context.oidc.urlFor("code_verification")}">
      <input type="hidden" name="xsrf" value="${hidden(form, "xsrf")}" />
      ${error && html`<p role="alert">This code is not right, or it is too late for it. Look at your device again.</p>`}
      <label for="user_code">The code your device shows</label>
      <input
        id="user_code"
        name="user_code"
        required
        autocomplete="off"
        autocapitalize="characters"
        spellcheck="false"
      />
      <button type="submit">Continue</button>
    </form>`;
    show(context, "Connect a device", code);
  };

  return {
    renderError: (context: KoaContextWithOIDC, { error }: ErrorOut, cause: Error) => {
      const { requestId } = requestContext.getStore() ?? {};
      const text = cause instanceof errors.SessionNotFound ? expired : (explanations[error] ?? invalid);
      show(
        context,
        "This did not work",
        html`<p>${text}</p>
          <p><small>Request ${requestId}</small></p>`,
      );
    },
    userCodeInput: (context: KoaContextWithOIDC, form: string, _out?: ErrorOut, error?: Error) =>
      userCodePage(context, form, error !== undefined),
    userCodeConfirm: (context: KoaContextWithOIDC, form: string, clientName: string, userCode: string) => {
      const confirm = html` <p>
          ${clientName} wants to sign in as you. Continue only if you have started that yourself, and your device shows
        </p>
        <p><strong>${userCode}</strong></p>
        <form method="post" action="${context.oidc.urlFor("code_verification")}">
          <input type="hidden" name="xsrf" value="${hidden(form, "xsrf")}" />
          <input type="hidden" name="user_code" value="${userCode}" />
          <input type="hidden" name="confirm" value="yes" />
          <button type="submit">Continue</button>
          <button type="submit" name="abort" value="yes">This was not me</button>
        </form>`;
      show(context, "Connect a device", confirm);
    },
    deviceSuccess: (context: KoaContextWithOIDC) =>
      show(context, "Your device is signed in", html`<p>You can close this page.</p>`),
    signOut: (context: KoaContextWithOIDC, form: string) => {
      allowForms(context);
      const confirm = html` <form method="post" action="${context.oidc.urlFor("end_session_confirm")}">
        <input type="hidden" name="xsrf" value="${hidden(form, "xsrf")}" />
        <button type="submit" name="logout" value="yes">Sign out</button>
        <button type="submit">Stay signed in</button>
      </form>`;
      show(context, "Sign out?", confirm);
    },
    signedOut: (context: KoaContextWithOIDC) =>
      show(context, "You are signed out", html`<p>You can close this page.</p>`),
    /** A form that oidc-provider would submit by an inline script, as a page with a button. */
    continueForm: (context: KoaContextWithOIDC, page: string) => {
      allowForms(context);
      const action = /<form method="post" action="([^"]*)">/.exec(page)?.[1] ?? "";
      const inputs = [...page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"\/>/g)];
      const form = html`<p>One more step, and you are there.</p>
        <form method="post" action="${decode(action)}">
          ${inputs.map(([, name, value]) => html`<input type="hidden" name="${name}" value="${decode(value)}" />`)}
          <button type="submit">Continue</button>
        </form>`;
      show(context, "Continue", form);
    },
  };
}

export type Views = ReturnType<typeof createViews>;

/** The form leads to a redirect to the client; oidc-provider has checked the address. */
function allowForms(context: KoaContextWithOIDC): void {
  const { post_logout_redirect_uri: afterSignOut, redirect_uri: afterSignIn } = context.oidc.params ?? {};
  const targets = [afterSignOut, afterSignIn].filter((uri) => typeof uri === "string");
  setSecurityHeaders(context.res, { formTargets: targets.map(formTarget) });
}

function hidden(form: string, name: string): string {
  return decode(new RegExp(`name="${name}" value="([^"]*)"`).exec(form)?.[1]);
}

const entities: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" };

/** Undoes oidc-provider's escaping: \`html\` escapes again. */
function decode(text = ""): string {
  return text.replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => entities[entity] ?? entity);
}
