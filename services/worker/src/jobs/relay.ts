import type { OutboxEvent } from "@purlin/kit/outbox-reader";
import type { Query } from "@purlin/kit/pool";
import type { Kind, NewJob } from "./kind.ts";

/** Jobs whose effects commit together, where events come in such numbers. */
const bundleSize = 50;

const insert = `
  WITH wanted AS (
    SELECT kind, event_id, (row_number() OVER (PARTITION BY kind ORDER BY event_id) - 1) / size AS part
    FROM unnest($1::text[], $2::bigint[], $3::int[]) AS w (kind, event_id, size)
  ), bundle AS (
    SELECT kind, part, uuidv7() AS id FROM wanted GROUP BY kind, part HAVING count(*) > 1
  )
  INSERT INTO jobs.jobs (kind, key, organisation_id, event_id, bundle, payload, trace_parent)
  SELECT wanted.kind, o.id::text, o.organisation_id, o.id, bundle.id,
    jsonb_build_object('type', o.type, 'entityId', o.entity_id, 'projectId', o.project_id, 'actorId', o.actor_id,
      'occurredAt', o.occurred_at, 'payload', o.payload),
    o.trace_parent
  FROM wanted
  JOIN platform.outbox o ON o.id = wanted.event_id
  LEFT JOIN bundle ON bundle.kind = wanted.kind AND bundle.part = wanted.part
  ON CONFLICT (kind, key) DO NOTHING
  RETURNING id, kind, bundle`;

/** Turns events into jobs of the kinds that are for them, in the transaction that moves the outbox's cursor past them. */
export function createRelay(kinds: readonly Kind[]) {
  const wanting = (type: string) => kinds.filter(({ on = [] }) => on === "all" || on.includes(type));
  return async (events: readonly OutboxEvent[], query: Query): Promise<NewJob[]> => {
    const wanted = events.flatMap(({ id, type }) =>
      wanting(type).map((kind) => ({ id, name: kind.name, size: "effect" in kind ? bundleSize : 1 })),
    );
    if (wanted.length === 0) return [];
    return query<NewJob & Record<string, unknown>>(insert, [
      wanted.map(({ name }) => name),
      wanted.map(({ id }) => id),
      wanted.map(({ size }) => size),
    ]);
  };
}
