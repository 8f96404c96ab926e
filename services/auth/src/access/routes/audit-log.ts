import { pageOf } from "@purlin/kit/cursor";
import type { Query } from "@purlin/kit/pool";
import { route, type Route } from "@purlin/kit/route";
import { look } from "@purlin/kit/run";
import { listAuditEvents } from "../audit-log.ts";
import { pageById } from "../paging.ts";
import { auditEvent, auditQuery, organisationPath } from "../schemas.ts";
import type { AccessServices } from "../services.ts";

export function auditLogRoutes({ app }: AccessServices): Route[] {
  return [
    route({
      method: "get",
      path: "/organisations/:organisationId/audit-events",
      operationId: "listAuditEvents",
      summary: "Who did what in the organisation, newest first",
      tag: "Audit log",
      access: "audit:read",
      params: organisationPath,
      query: auditQuery,
      responses: { 200: { description: "A page of events", body: pageOf(auditEvent) } },
      handle: async (input) => {
        const { from, to, limit: most, cursor, ...rest } = input.query;
        const filter = { ...rest, from: instant(from), to: instant(to) };
        const rows = (query: Query) => (limit: number, before: string | undefined) =>
          listAuditEvents(query, input.organisationId, filter, limit, before);
        const body = await look(app, input, (query) =>
          pageById("audit-events", { limit: most, cursor }, rows(query), ({ id }) => id),
        );
        return { status: 200, body };
      },
    }),
  ];
}

function instant(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}
