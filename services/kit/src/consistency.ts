import type { Request, Response } from "express";
import { fromSortable, latest, sortable, type Lsn } from "./lsn.ts";

/*
 * Read-your-writes for clients. An answer to a write carries a token, in a header for programs and in a cookie for
 * browsers; a request with a token is served by a node that has that write. Clients treat it as opaque.
 */

const header = "x-consistency-token";
const cookie = "__Host-consistency"; // no other host, and no page without TLS, can have written it

/** Seconds after which every healthy replica has caught up and the browser may forget its token. */
const lifetime = 60;

/** The position the client has seen; both carriers count, the later wins. A token that is not one is ignored. */
export function seenBy(request: Request): Lsn | undefined {
  const fromHeader = request.get(header);
  const fromCookie = /(?:^|;\s*)__Host-consistency=([0-9A-F]{16})(?:;|$)/.exec(request.headers.cookie ?? "")?.[1];
  return latest(fromSortable(fromHeader), fromSortable(fromCookie));
}

/** Tells the client where its write is. */
export function acknowledge(response: Response, lsn: Lsn): void {
  const token = sortable(lsn);
  response.setHeader(header, token);
  response.setHeader("x-served-by", "primary");
  response.append("set-cookie", `${cookie}=${token}; Path=/; Max-Age=${lifetime}; HttpOnly; Secure; SameSite=Lax`);
}
