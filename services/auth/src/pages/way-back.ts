import type { Request, Response } from "express";
import type { PageServices } from "./services.ts";

/*
 * Where somebody was on the way to when they had to sign in first. The browser keeps it in a cookie, so it is a name for
 * one of our own pages and never an address.
 */

/** Parts of the account that one can come back to. */
const sections = ["password", "email", "passkeys", "totp", "identities", "delete"] as const;

export type Section = (typeof sections)[number];

type Cookie = Pick<PageServices, "returnCookie">;

const minute = 60;

export function rememberSection({ returnCookie }: Cookie, response: Response, section: Section): void {
  returnCookie.write(response, section, 15 * minute);
}

/** For as long as signing up may take, with its mail. The token is the one the browser has just come with. */
export function rememberInvitation({ returnCookie }: Cookie, response: Response, token: string): void {
  returnCookie.write(response, `${invitation}${token}`, 60 * minute);
}

/** The path of that page, once; undefined when there is none. */
export function takeWayBack({ returnCookie }: Cookie, request: Request, response: Response): string | undefined {
  const wanted = returnCookie.read(request);
  if (wanted === undefined) return undefined;
  returnCookie.clear(response);
  const section = sections.find((name) => name === wanted);
  if (section !== undefined) return `/account/${section}`;
  const token = /^invitation\.([\w-]{1,100})$/.exec(wanted)?.[1];
  return token === undefined ? undefined : `/invitation?token=${token}`;
}

const invitation = "invitation.";
