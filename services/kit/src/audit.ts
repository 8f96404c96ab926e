import type { Query } from "./pool.ts";
import { requestContext } from "./request-context.ts";

/** What somebody did that an administrator may have to answer for. */
export interface AuditEntry {
  organisationId?: string | undefined;
  actorId?: string | undefined;
  /** `<noun>.<past participle>`: member.role_changed. */
  action: string;
  targetType: string;
  targetId?: string | undefined;
  /** Never a secret. */
  details?: Record<string, unknown>;
}

const insert = `
  INSERT INTO platform.audit_events
    (organisation_id, actor_id, action, target_type, target_id, details, address, user_agent, request_id)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

/** Writes to the append-only audit log, in the transaction of `query`: what is undone was not done. */
export async function audit(query: Query, entry: AuditEntry): Promise<void> {
  const request = requestContext.getStore();
  await query(insert, [
    entry.organisationId ?? null,
    entry.actorId ?? null,
    entry.action,
    entry.targetType,
    entry.targetId ?? null,
    JSON.stringify(entry.details ?? {}),
    request?.address ?? null,
    request?.userAgent ?? null,
    request?.requestId ?? null,
  ]);
}
