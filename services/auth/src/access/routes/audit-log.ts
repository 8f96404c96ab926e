import { route, type Route } from "@purlin/kit/route";
import { listAuditEvents } from "../audit-log.ts";
import { look } from "../run.ts";
import { auditEvent, auditQuery, organisationPath, pageOf, toPage } from "../schemas.ts";
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
        const { limit, cursor, from, to, ...rest } = input.query;
        const filter = { ...rest, from: instant(from), to: instant(to) };
        const rows = await look(app, input, (query) =>
          listAuditEvents(query, input.organisationId, filter, limit + 1, cursor),
        );
        return { status: 200, body: toPage(rows, limit, ({ id }) => id) };
      },
    }),
  ];
}

function instant(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}
