import type { Identity } from "@purlin/kit/identity";
import type { Permission } from "@purlin/kit/permissions";
import { Problem } from "@purlin/kit/problems";

/** Whoever changes something in an organisation, with what it may do there. */
export interface Actor {
  subjectId: string;
  organisationId: string;
  permissions: ReadonlySet<Permission>;
}

export function actorOf(identity: Identity, organisationId: string): Actor {
  const permissions = identity.organisations.get(organisationId) ?? new Set();
  return { subjectId: identity.subjectId, organisationId, permissions };
}

/** Nobody gives, and nobody takes away, more than they have themselves. @throws Problem forbidden */
export function requireAll(actor: Actor, wanted: readonly Permission[]): void {
  const missing = wanted.filter((permission) => !actor.permissions.has(permission));
  if (missing.length > 0) throw new Problem("forbidden", { detail: `you lack ${missing.join(", ")} yourself` });
}

/**
 * For what concerns the whole person and no single organisation: neither a key nor an application that was given
 * single permissions speaks for that. @throws Problem forbidden
 */
export function requireWholeUser({ kind, restricted }: Identity): void {
  if (kind !== "user" || restricted) throw new Problem("forbidden", { detail: "this needs a user who signed in" });
}

/** A key must not make others, which would outlive it. @throws Problem forbidden */
export function requireNoKey({ via }: Identity): void {
  if (via === "api-key") throw new Problem("forbidden", { detail: "an API key may not do this; sign in" });
}
