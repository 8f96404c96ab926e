import type { Query } from "@purlin/kit/pool";
import type { Position } from "./position.ts";
import type { FeedEvent, Subscription } from "./protocol.ts";

/** An event with what only servers need to know of it. */
export type ServerEvent = Omit<FeedEvent, "occurredAt"> & { occurredAt: Date; traceParent: string | null };

const select = `
  SELECT f.position::text, o.type, o.organisation_id AS "organisationId", o.project_id AS "projectId",
    o.entity_id AS "entityId", o.actor_id AS "actorId", o.payload, o.trace_parent AS "traceParent",
    o.occurred_at AS "occurredAt"
  FROM realtime.feed f JOIN platform.outbox o ON o.id = f.event_id`;

/** The next events of all organisations. */
export function readNext(query: Query, after: Position, limit: number): Promise<ServerEvent[]> {
  return query<ServerEvent>(`${select} WHERE f.position > $1 ORDER BY f.position LIMIT $2`, [after, limit]);
}

/** What one subscription missed between two positions. */
export function readMissed(
  query: Query,
  { organisationId, projectId }: Subscription,
  { after, until, limit }: { after: Position; until: Position; limit: number },
): Promise<ServerEvent[]> {
  const where = `f.organisation_id = $1 AND ($2::uuid IS NULL OR f.project_id = $2) AND f.position > $3 AND f.position <= $4`;
  return query<ServerEvent>(`${select} WHERE ${where} ORDER BY f.position LIMIT $5`, [
    organisationId,
    projectId ?? null,
    after,
    until,
    limit,
  ]);
}

/** Position of the latest event. */
export async function readHead(query: Query): Promise<Position> {
  const [row] = await query<{ head: string }>("SELECT coalesce(max(position), 0)::text AS head FROM realtime.feed");
  return row?.head ?? "0";
}

/** Whether everything after `position` is still kept; old events are removed in the end. */
export async function isKept(query: Query, position: Position): Promise<boolean> {
  const [row] = await query<{ kept: boolean }>(
    "SELECT EXISTS (SELECT FROM realtime.feed WHERE position <= $1) AS kept",
    [position],
  );
  return row?.kept ?? false;
}
