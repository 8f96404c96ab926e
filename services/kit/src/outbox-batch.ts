import type { Query } from "./pool.ts";

/** An event as it stands in the outbox. */
export interface OutboxEvent {
  /** Unique, and in the order of writing within a transaction; a bigint as text. */
  id: string;
  organisationId: string;
  type: string;
  entityId: string;
  projectId: string | null;
  actorId: string | null;
  payload: Record<string, unknown>;
  traceParent: string | null;
  occurredAt: Date;
}

/** Events nobody has handled, and what the cursor is on the way to. */
export interface Batch {
  events: OutboxEvent[];
  target: string;
  /** Whether this is the rest of a target that took more than one batch. */
  resumed: boolean;
}

/*
 * Which events are new is a question to snapshots: those of a transaction that was not visible when the cursor was last
 * moved, and is now. A transaction that started early and commits late is simply found when it is visible, nothing
 * waits for it, and of two changes to the same row the second never comes first. Inside a batch the order is by id.
 */

/** A statement of its own: the batch must be read with a snapshot from after the lock, or what the leader before saw is missed. */
const lead = `
  SELECT set_config('idle_in_transaction_session_timeout', $2, true), set_config('tcp_user_timeout', $2, true)
  FROM platform.outbox_cursors WHERE reader = $1 FOR UPDATE SKIP LOCKED`;

/** The new ids are a step of their own so that they come from the index of transactions, and never by walking all ids. */
const next = `
  WITH cursor AS MATERIALIZED (
    SELECT seen, coalesce(target, pg_current_snapshot()) AS target, target IS NOT NULL AS resumed, id
    FROM platform.outbox_cursors WHERE reader = $1
  ), fresh AS MATERIALIZED (
    SELECT o.id FROM cursor c
    JOIN platform.outbox o ON o.transaction >= pg_snapshot_xmin(c.seen)
    WHERE NOT pg_visible_in_snapshot(o.transaction, c.seen) AND pg_visible_in_snapshot(o.transaction, c.target)
      AND o.id > c.id
    ORDER BY o.id LIMIT $2
  )
  SELECT c.target::text, c.resumed, o.id::text, o.organisation_id AS "organisationId", o.type, o.entity_id AS "entityId",
    o.project_id AS "projectId", o.actor_id AS "actorId", o.payload, o.trace_parent AS "traceParent",
    o.occurred_at AS "occurredAt"
  FROM cursor c LEFT JOIN (fresh JOIN platform.outbox o ON o.id = fresh.id) ON true
  ORDER BY o.id`;

const advance = `
  UPDATE platform.outbox_cursors SET
    seen = CASE WHEN $3::bigint IS NULL THEN $2::pg_snapshot ELSE seen END,
    target = CASE WHEN $3::bigint IS NULL THEN NULL ELSE $2::pg_snapshot END,
    id = coalesce($3, 0),
    updated_at = now()
  WHERE reader = $1`;

type Row = Pick<Batch, "target" | "resumed"> & ({ [K in keyof OutboxEvent]: null } | OutboxEvent);

/**
 * Takes the reader's lock for the transaction of `query`; false when another has it. A dead leader lets go of it at once;
 * one that is frozen loses its session after `leaseTime` ms of silence, or of not reading what it asked for.
 */
export async function takeLead(query: Query, reader: string, leaseTime: number): Promise<boolean> {
  return (await query(lead, [reader, String(leaseTime)])).length > 0;
}

/** Up to `limit` events that `reader` has not handled. For the leader. */
export async function readBatch(query: Query, reader: string, limit: number): Promise<Batch> {
  const rows = await query<Row>(next, [reader, limit]);
  const [first] = rows;
  if (!first) throw new Error(`the reader ${reader} has no cursor`);
  return { target: first.target, resumed: first.resumed, events: rows.filter(isEvent) };
}

/** Moves the cursor past `batch`. One that is full may have left some of its target's events. */
export async function finishBatch(query: Query, reader: string, batch: Batch, limit: number): Promise<void> {
  const last = batch.events.length < limit ? undefined : batch.events.at(-1)?.id;
  await query(advance, [reader, batch.target, last ?? null]);
}

function isEvent(row: Row): row is Pick<Batch, "target" | "resumed"> & OutboxEvent {
  return row.id !== null;
}
