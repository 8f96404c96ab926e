import type { Request, RequestHandler, Response } from "express";
import { findUser, type User } from "../../accounts/users.ts";
import type { CurrentSession } from "../../oidc/sessions.ts";
import type { PageContent } from "../layout.ts";
import { show, type PageServices } from "../services.ts";
import { rememberSection, type Section } from "../way-back.ts";

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

/** Seconds after which whoever wants to change what proves who they are has to prove it once more (ASVS 5.0, 7.5.1). */
const recent = 600;

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
      rememberSection(services, response, section);
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

function isRecent({ signedInAt }: CurrentSession): boolean {
  return Date.now() - signedInAt.getTime() < recent * 1000;
}
