import type { Query } from "@purlin/kit/pool";

export interface AuditEvent {
  id: string;
  actorId: string | null;
  action: string;
  targetType: string;
  targetId: string | null;
  details: Record<string, unknown>;
  address: string | null;
  userAgent: string | null;
  requestId: string | null;
  occurredAt: Date;
}

export interface AuditFilter {
  action?: string | undefined;
  actorId?: string | undefined;
  targetType?: string | undefined;
  targetId?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
}

/** Up to `limit` events of an organisation, newest first, before the one that is `before`. */
export function listAuditEvents(
  query: Query,
  organisationId: string,
  { action, actorId, targetType, targetId, from, to }: AuditFilter,
  limit: number,
  before: string | undefined,
) {
  return query<AuditEvent>(
    `SELECT id, actor_id AS "actorId", action, target_type AS "targetType", target_id AS "targetId", details,
       host(address) AS address, user_agent AS "userAgent", request_id AS "requestId", occurred_at AS "occurredAt"
     FROM platform.audit_events
     WHERE organisation_id = $1
       AND ($3::uuid IS NULL OR id < $3)
       AND ($4::text IS NULL OR action = $4)
       AND ($5::uuid IS NULL OR actor_id = $5)
       AND ($6::text IS NULL OR target_type = $6)
       AND ($7::text IS NULL OR target_id = $7)
       AND ($8::timestamptz IS NULL OR occurred_at >= $8)
       AND ($9::timestamptz IS NULL OR occurred_at < $9)
     ORDER BY id DESC LIMIT $2`,
    [
      organisationId,
      limit,
      before ?? null,
      action ?? null,
      actorId ?? null,
      targetType ?? null,
      targetId ?? null,
      from ?? null,
      to ?? null,
    ],
  );
}
