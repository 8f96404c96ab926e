import { startOutboxReader, type OutboxReaderOptions } from "@purlin/kit/outbox-reader";
import { permissionFor } from "./protocol.ts";

/** `WITH ORDINALITY` keeps the order; positions are given to the rows as they come. The notification leaves with the commit. */
const append = `
  WITH appended AS (
    INSERT INTO realtime.feed (event_id, organisation_id, project_id)
    SELECT id, organisation_id, project_id
    FROM unnest($1::bigint[], $2::uuid[], $3::uuid[]) WITH ORDINALITY AS event (id, organisation_id, project_id, n)
    ORDER BY n
    RETURNING position
  )
  SELECT pg_notify('feed', max(position)::text) FROM appended`;

/**
 * Gives events that clients may see their position, in the order of commit. All instances run this and one at a time
 * does the work, in one transaction with its cursor: each event has one position, for all instances and for good.
 */
export function startSequencer(options: Pick<OutboxReaderOptions, "db" | "settings" | "logger" | "metrics">) {
  return startOutboxReader({
    ...options,
    reader: "realtime",
    from: "next",
    handle: async (events, query) => {
      const seen = events.filter(({ type }) => permissionFor(type) !== undefined);
      if (seen.length === 0) return;
      await query(append, [
        seen.map(({ id }) => id),
        seen.map(({ organisationId }) => organisationId),
        seen.map(({ projectId }) => projectId),
      ]);
    },
  });
}
