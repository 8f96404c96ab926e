import type { Query } from "./pool.ts";

/** Days an event is kept: sockets that come back read what they missed, and people look into what happened. */
const keptDays = 7;

/**
 * Removes up to `limit` events that are older than that and behind every reader's cursor; gives how many. A reader that is no
 * more must have its cursor removed, or it holds back the rest.
 */
export async function removeOldEvents(query: Query, limit: number): Promise<number> {
  const [row] = await query<{ removed: number }>(
    `WITH old AS (
       SELECT o.id FROM platform.outbox o
       WHERE o.occurred_at < now() - make_interval(days => $1) AND NOT EXISTS (
         SELECT FROM platform.outbox_cursors c WHERE NOT pg_visible_in_snapshot(o.transaction, c.seen))
       ORDER BY o.id LIMIT $2
     ), removed AS (DELETE FROM platform.outbox o USING old WHERE o.id = old.id RETURNING 1)
     SELECT count(*)::int AS removed FROM removed`,
    [keptDays, limit],
  );
  return row?.removed ?? 0;
}
