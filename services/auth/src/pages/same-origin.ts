import { Problem } from "@purlin/kit/problems";
import type { Request, RequestHandler } from "express";

/**
 * Lets a request that changes something through only when one of our own pages sent it (no cross-site request forgery): browsers
 * say so in `Sec-Fetch-Site`, which no page can write, older ones in `Origin`. Whoever sends neither is no browser, and
 * has no cookies to abuse; it is refused all the same. Cookies are SameSite besides.
 */
export function requireSameOrigin(origin: string): RequestHandler {
  return (request, _response, next) => {
    if (request.method === "GET" || request.method === "HEAD") {
      next();
      return;
    }
    const site = request.get("sec-fetch-site");
    const same = site === undefined ? request.get("origin") === origin : site === "same-origin";
    if (!same) throw new Problem("forbidden", { detail: "the form was not sent by a page of this service" });
    next();
  };
}

/**
 * Lets through who followed a link of one of our own pages, where following it begins something: another site could send somebody along
 * it who is signed in at a provider as whom the site chose. @throws Problem forbidden
 */
export function requireOwnLink(request: Request): void {
  if (request.get("sec-fetch-site") !== "same-origin")
    throw new Problem("forbidden", { detail: "the link is not one of a page of this service" });
}
