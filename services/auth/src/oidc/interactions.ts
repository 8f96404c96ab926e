import type { Request, Response } from "express";

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
export type AuthenticationMethod = "pwd" | "otp" | "mfa" | "hwk" | "user" | "fed";

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
  /** Somebody has proved who they are; the browser is sent on. @throws Problem gone */
  signIn: (request: Request, response: Response, result: SignIn) => Promise<void>;
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
