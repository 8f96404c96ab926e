import { Problem } from "@purlin/kit/problems";
import type { Request, Response } from "express";
import { errors, type Interaction, type InteractionResults, type Provider } from "oidc-provider";
import { accountClient, type Clients } from "./clients.ts";
import { grantMissing, missingScopes } from "./consent.ts";
import type { CurrentProvider } from "./current-provider.ts";
import { formTarget } from "./security-headers.ts";

/*
 * What the pages ask of the provider. A client that wants a person's authorisation sends the browser to /authorize;
 * the provider stores that as an interaction and sends the browser on to `/interaction/<uid>`, which the pages serve.
 * A cookie whose path is that address says whose it is. Each of the calls below that end an interaction answers the request.
 */

/** An authorisation that waits for a person. */
export interface PendingInteraction {
  uid: string;
  /** What is missing: somebody signed in, or their consent to a client that is not ours. */
  prompt: "login" | "consent";
  client: { id: string; name: string; firstParty: boolean };
  /** Who is signed in already: who consents, or whom the client asks to sign in again. */
  accountId: string | undefined;
  /** What the client would fill in as the e-mail address. Came from outside. */
  loginHint: string | undefined;
  /** For `consent`: scopes the person has not granted to this client yet. */
  scopes: string[];
  /** Where the browser goes in the end, as sources of the CSP directive form-action: browsers apply it to redirects after a form, too. */
  formTargets: string[];
  /** An external identity that becomes theirs when the account with its address signs in here by its own means. */
  pendingLink: { provider: string; email: string } | undefined;
}

/** How somebody proved who they are, for `amr` (RFC 8176). */
type AuthenticationMethod = "pwd" | "otp" | "mfa" | "hwk" | "user" | "fed";

export interface SignIn {
  accountId: string;
  methods: AuthenticationMethod[];
  /** False: the session's cookie goes with the browser. */
  remember?: boolean;
}

export interface Interactions {
  /**
   * The interaction of this request's cookie.
   * @throws Problem gone when there is none, it is over, or the browser's session is another's by now.
   */
  details: (request: Request, response: Response) => Promise<PendingInteraction>;
  /** Somebody has proved who they are in `pending`, of this request's details; the browser is sent on. @throws Problem gone */
  signIn: (request: Request, response: Response, pending: PendingInteraction, result: SignIn) => Promise<void>;
  /** The person lets the client have what it asked for. @throws Problem gone */
  consent: (request: Request, response: Response) => Promise<void>;
  /** The person does not want to; the client hears `access_denied`. @throws Problem gone */
  abort: (request: Request, response: Response) => Promise<void>;
  /**
   * Where to send a browser that is to sign in for the account pages themselves; it comes back to `/account`.
   * `maxAge`: seconds since the person last proved who they are; beyond it they are asked again.
   */
  signInUrl: (options?: { maxAge?: number }) => string;
}

export interface InteractionOptions {
  current: CurrentProvider;
  clients: Clients;
  issuer: string;
  /** External identities that wait for a sign-in (see federation/). */
  pendingLinks: {
    find: (interactionUid: string) => Promise<PendingInteraction["pendingLink"]>;
    complete: (interactionUid: string, accountId: string) => Promise<void>;
  };
}

export function createInteractions({ current, clients, issuer, pendingLinks }: InteractionOptions): Interactions {
  const find = async (request: Request, response: Response) => {
    const provider = await current.get();
    return { provider, interaction: await orGone(provider.interactionDetails(request, response)) };
  };
  const finish = (provider: Provider, request: Request, response: Response, result: InteractionResults) =>
    orGone(provider.interactionFinished(request, response, result));

  return {
    details: async (request, response) => {
      const { interaction } = await find(request, response);
      return { ...describe(interaction, clients), pendingLink: await pendingLinks.find(interaction.uid) };
    },
    signIn: async (request, response, { uid, pendingLink }, { accountId, methods, remember = true }) => {
      if (pendingLink) await pendingLinks.complete(uid, accountId);
      await finish(await current.get(), request, response, { login: { accountId, amr: methods, remember } });
    },
    consent: async (request, response) => {
      const { provider, interaction } = await find(request, response);
      if (interaction.prompt.name !== "consent") throw new Problem("conflict", { detail: "sign in first" });
      await finish(provider, request, response, { consent: { grantId: await grantMissing(provider, interaction) } });
    },
    abort: async (request, response) => {
      const { provider } = await find(request, response);
      await finish(provider, request, response, {
        error: "access_denied",
        error_description: "the person does not want to",
      });
    },
    signInUrl: ({ maxAge } = {}) => {
      const parameters = new URLSearchParams({
        client_id: accountClient,
        response_type: "none",
        scope: "openid",
        redirect_uri: `${issuer}/account`,
        ...(maxAge !== undefined && { max_age: String(maxAge) }),
      });
      return `${issuer}/authorize?${parameters.toString()}`;
    },
  };
}

async function orGone<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof errors.SessionNotFound)) throw error;
    throw new Problem("gone", { detail: "this sign-in has expired; start again where you came from", cause: error });
  }
}

function describe(interaction: Interaction, clients: Clients): Omit<PendingInteraction, "pendingLink"> {
  const { uid, prompt, params, session } = interaction;
  const { client_id: id, redirect_uri: redirectUri, login_hint: loginHint } = params;
  const client = clients.get(String(id));
  return {
    uid,
    prompt: prompt.name === "consent" ? "consent" : "login",
    client: { id: String(id), name: client?.name ?? String(id), firstParty: client?.firstParty ?? false },
    accountId: session?.accountId,
    loginHint: typeof loginHint === "string" ? loginHint.slice(0, 254) : undefined,
    scopes: missingScopes(interaction),
    formTargets: typeof redirectUri === "string" ? [formTarget(redirectUri)] : [],
  };
}
