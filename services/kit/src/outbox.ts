import type { Query } from "./pool.ts";
import { traceParent } from "./telemetry.ts";

/** Something that happened, told to others once the transaction it happened in is committed. */
export interface DomainEvent {
  organisationId: string;
  /** `<noun>.<past participle>`: task.updated. */
  type: string;
  entityId: string;
  projectId?: string | undefined;
  /** Subject who did it; absent for what the platform does by itself. */
  actorId?: string | undefined;
  /** What readers need; a JSON object. No secrets: webhooks and browsers see it. */
  payload: Record<string, unknown>;
}

const insert = `
  INSERT INTO platform.outbox (organisation_id, type, entity_id, project_id, actor_id, payload, trace_parent)
  VALUES ($1, $2, $3, $4, $5, $6, $7)`;

/** Records `event` in the transaction of `query`: it is told exactly when that commits. */
export async function emit(query: Query, event: DomainEvent): Promise<void> {
  await query(insert, [
    event.organisationId,
    event.type,
    event.entityId,
    event.projectId ?? null,
    event.actorId ?? null,
    JSON.stringify(event.payload),
    traceParent() ?? null,
  ]);
}

const insertMany = `
  INSERT INTO platform.outbox (organisation_id, type, entity_id, project_id, actor_id, payload, trace_parent)
  SELECT e."organisationId", e.type, e."entityId", e."projectId", e."actorId", e.payload, $2
  FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (
    "organisationId" uuid, type text, "entityId" uuid, "projectId" uuid, "actorId" uuid, payload jsonb)) WITH ORDINALITY AS e
  ORDER BY e.ordinality`;

/** Records several events, in this order, in one statement. */
export async function emitAll(query: Query, events: readonly DomainEvent[]): Promise<void> {
  if (events.length > 0) await query(insertMany, [JSON.stringify(events), traceParent() ?? null]);
}
