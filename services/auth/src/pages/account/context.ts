import type { Request, RequestHandler, Response } from "express";
import { findUser, type User } from "../../accounts/users.ts";
import type { CurrentSession } from "../../oidc/sessions.ts";
import type { PageContent } from "../layout.ts";
import { show, type PageServices } from "../services.ts";

/** A request of somebody signed in. */
export interface AccountRequest {
  request: Request;
  response: Response;
  user: User;
  session: CurrentSession;
  /** Address of a page of the account: `/password`. */
  href: (path?: string) => string;
  show: (page: PageContent, status?: number) => void;
  /** Sends the browser on to the account's page, which says that `done` is done. */
  done: (done: string) => void;
}

/** Parts of the account that one can come back to after signing in again. */
const sections = ["password", "email", "passkeys", "totp", "delete"] as const;

export type Section = (typeof sections)[number];

/** Seconds after which whoever wants to change what proves who they are has to prove it once more (ASVS 5.0, 7.5.1). */
const recent = 600;

const minute = 60;

/** What it takes to tell who is signed in, and to send others to where they sign in. */
export type SignedInServices = Pick<PageServices, "site" | "sessions" | "returnCookie"> & {
  accounts: Pick<PageServices["accounts"], "db">;
  interactions: Pick<PageServices["interactions"], "signInUrl">;
};

/**
 * Runs `handle` for somebody signed in, and sends others to sign in first. With a `section`, also those whose sign-in is
 * not recent; they come back to that section.
 */
export function signedIn(
  services: SignedInServices,
  handle: (context: AccountRequest) => Promise<void>,
  section?: Section,
): RequestHandler {
  return async (request, response) => {
    const session = await services.sessions.current(request, response);
    const user = session && (await findUser(services.accounts.db.readPrimary, session.accountId));
    if (section !== undefined && !(session && isRecent(session))) {
      services.returnCookie.write(response, section, 15 * minute);
      response.redirect(303, services.interactions.signInUrl({ maxAge: recent }));
      return;
    }
    if (!session || !user) {
      response.redirect(303, services.interactions.signInUrl());
      return;
    }
    const href = (path = "") => services.site.href(`/account${path}`);
    await handle({
      ...{ request, response, user, session, href },
      show: (page, status = 200) => show(services, response, page, { status }),
      done: (done) => response.redirect(303, `${href()}?done=${done}`),
    });
  };
}

/** Where somebody was on the way to when they had to sign in again. */
export function takeReturn(
  { returnCookie }: Pick<PageServices, "returnCookie">,
  { request, response }: AccountRequest,
): Section | undefined {
  const wanted = returnCookie.read(request);
  if (wanted === undefined) return undefined;
  returnCookie.clear(response);
  return sections.find((section) => section === wanted);
}

function isRecent({ signedInAt }: CurrentSession): boolean {
  return Date.now() - signedInAt.getTime() < recent * 1000;
}
