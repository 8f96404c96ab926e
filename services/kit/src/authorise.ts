import type { Request } from "express";
import type { Identity } from "./identity.ts";
import { Problem } from "./problems.ts";
import type { Route } from "./route.ts";

/**
 * The authorisation check: whether `identity` may call `route`, and in which organisation. An organisation the caller
 * is no member of does not exist for it; one where it lacks the permission does.
 * @throws Problem unauthorized, not_found, forbidden
 */
export function authorise(route: Route, identity: Identity | undefined, request: Request): string | undefined {
  if (route.access === "public") return undefined;
  if (!identity) throw new Problem("unauthorized", { headers: { "www-authenticate": "Bearer" } });
  if (route.access === "signed-in") return undefined;
  const { organisationId } = request.params;
  const granted = typeof organisationId === "string" ? identity.organisations.get(organisationId) : undefined;
  if (!granted) throw new Problem("not_found", { detail: "there is no such organisation" });
  if (!granted.has(route.access)) {
    throw new Problem("forbidden", { detail: `this needs the permission ${route.access}` });
  }
  return organisationId as string; // the map has it
}
