import type { OutboxEvent } from "@purlin/kit/outbox-reader";
import type { Query } from "@purlin/kit/pool";
import type { Kind, NewJob } from "./kind.ts";

const insert = `
  INSERT INTO jobs.jobs (kind, key, organisation_id, event_id, payload, trace_parent)
  SELECT wanted.kind, o.id::text, o.organisation_id, o.id,
    jsonb_build_object('type', o.type, 'entityId', o.entity_id, 'projectId', o.project_id, 'actorId', o.actor_id,
      'occurredAt', o.occurred_at, 'payload', o.payload),
    o.trace_parent
  FROM unnest($1::text[], $2::bigint[]) AS wanted (kind, event_id)
  JOIN platform.outbox o ON o.id = wanted.event_id
  ON CONFLICT (kind, key) DO NOTHING
  RETURNING id, kind`;

/** Turns events into jobs of the kinds that are for them, in the transaction that moves the outbox's cursor past them. */
export function createRelay(kinds: readonly Kind[]) {
  const wanting = (type: string) => kinds.filter(({ on = [] }) => on === "all" || on.includes(type));
  return async (events: readonly OutboxEvent[], query: Query): Promise<NewJob[]> => {
    const wanted = events.flatMap(({ id, type }) => wanting(type).map(({ name }) => ({ id, kind: name })));
    if (wanted.length === 0) return [];
    return query<NewJob & Record<string, unknown>>(insert, [
      wanted.map(({ kind }) => kind),
      wanted.map(({ id }) => id),
    ]);
  };
}
