import type { Route } from "@purlin/kit/route";
import { apiKeyRoutes } from "./routes/api-keys.ts";
import { auditLogRoutes } from "./routes/audit-log.ts";
import { invitationRoutes } from "./routes/invitations.ts";
import { meRoutes } from "./routes/me.ts";
import { memberRoutes } from "./routes/members.ts";
import { organisationRoutes } from "./routes/organisations.ts";
import { roleRoutes } from "./routes/roles.ts";
import { serviceAccountRoutes } from "./routes/service-accounts.ts";
import type { AccessServices } from "./services.ts";

/** Everything about who may do what, as a list: organisations, members, roles, invitations, service accounts, keys, the audit log. */
export function accessRoutes(services: AccessServices): Route[] {
  return [
    ...meRoutes(services),
    ...organisationRoutes(services),
    ...memberRoutes(services),
    ...roleRoutes(services),
    ...invitationRoutes(services),
    ...serviceAccountRoutes(services),
    ...apiKeyRoutes(services),
    ...auditLogRoutes(services),
  ];
}
