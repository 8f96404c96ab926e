import type { Identity } from "@purlin/kit/identity";
import type { Permission } from "@purlin/kit/permissions";

/** Who does something, where, for business logic. */
export interface Caller {
  organisationId: string;
  actorId: string;
  may: (permission: Permission) => boolean;
}

/** The caller of a route or a field, whose permission to be there was checked. */
export function callerOf(identity: Identity, organisationId: string): Caller {
  return {
    organisationId,
    actorId: identity.subjectId,
    may: (permission) => identity.organisations.get(organisationId)?.has(permission) ?? false,
  };
}
