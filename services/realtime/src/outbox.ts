import type { Query } from "@purlin/kit/pool";
import type { FeedEvent, Subscription } from "./protocol.ts";
import { numbersOf, positionOf, type Position } from "./position.ts";

interface Row {
  transaction: string;
  id: string;
  type: string;
  organisation_id: string;
  project_id: string | null;
  entity_id: string;
  actor_id: string | null;
  payload: unknown;
  trace_parent: string | null;
  occurred_at: Date;
}

/** An event with what only servers need to know of it. */
export interface OutboxEvent extends FeedEvent {
  traceParent: string | null;
}

const columns =
  "transaction::text, id::text, type, organisation_id, project_id, entity_id, actor_id, payload, trace_parent, occurred_at";

/** A transaction that is still running may yet bring earlier events: what comes after it waits for it. */
const settled = "transaction < pg_snapshot_xmin(pg_current_snapshot())";

/** The next events of all organisations, in the order of commit. */
export async function readNext(query: Query, after: Position, limit: number): Promise<OutboxEvent[]> {
  const rows = await query<Row & { [column: string]: unknown }>(
    `SELECT ${columns} FROM platform.outbox
     WHERE (transaction, id) > ($1::text::xid8, $2::bigint) AND ${settled} ORDER BY transaction, id LIMIT $3`,
    [...numbersOf(after), limit],
  );
  return rows.map(eventOf);
}

/** What one subscription missed between two positions, in the order of commit. */
export async function readMissed(
  query: Query,
  { organisationId, projectId }: Subscription,
  after: Position,
  until: Position,
  limit: number,
): Promise<OutboxEvent[]> {
  const rows = await query<Row & { [column: string]: unknown }>(
    `SELECT ${columns} FROM platform.outbox
     WHERE organisation_id = $1 AND ($2::uuid IS NULL OR project_id = $2)
       AND (transaction, id) > ($3::text::xid8, $4::bigint) AND (transaction, id) <= ($5::text::xid8, $6::bigint)
     ORDER BY transaction, id LIMIT $7`,
    [organisationId, projectId ?? null, ...numbersOf(after), ...numbersOf(until), limit],
  );
  return rows.map(eventOf);
}

/** Where the feed is now: everything up to here is settled. */
export async function readHead(query: Query): Promise<Position> {
  const [row] = await query<{ transaction: string; id: string }>(
    `SELECT transaction::text, id::text FROM platform.outbox WHERE ${settled} ORDER BY transaction DESC, id DESC LIMIT 1`,
  );
  return row ? positionOf(row) : "0-0";
}

/** Whether everything after `position` is still kept; old events are removed in the end. */
export async function isKept(query: Query, position: Position): Promise<boolean> {
  const [row] = await query<{ kept: boolean }>(
    `SELECT EXISTS (SELECT FROM platform.outbox WHERE (transaction, id) <= ($1::text::xid8, $2::bigint)) AS kept`,
    numbersOf(position),
  );
  return row?.kept ?? false;
}

function eventOf(row: Row): OutboxEvent {
  return {
    position: positionOf(row),
    type: row.type,
    organisationId: row.organisation_id,
    projectId: row.project_id,
    entityId: row.entity_id,
    actorId: row.actor_id,
    payload: row.payload,
    occurredAt: row.occurred_at.toISOString(),
    traceParent: row.trace_parent,
  };
}
