import type { Query } from "@purlin/kit/pool";
import type { Kind, NewJob } from "./kind.ts";

/*
 * A schedule's slots are the multiples of its interval since 1970, by the database's clock. The first instance to write
 * down a slot makes its job; the row's lock and the condition let no other, however late or wrong its own clock.
 */
const take = `
  WITH due AS (
    SELECT name, to_timestamp(floor(extract(epoch FROM now()) / every) * every) AS slot
    FROM unnest($1::text[], $2::float8[]) AS schedule (name, every)
  ), taken AS (
    INSERT INTO jobs.schedules AS known (name, slot) SELECT name, slot FROM due
    ON CONFLICT (name) DO UPDATE SET slot = excluded.slot WHERE known.slot < excluded.slot
    RETURNING name, slot
  )
  INSERT INTO jobs.jobs (kind, key, payload)
  SELECT name, to_char(slot AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), jsonb_build_object('slot', slot) FROM taken
  ON CONFLICT (kind, key) DO NOTHING
  RETURNING id, kind`;

/** Makes the jobs of schedules whose time has come. Slots missed while nothing ran are not made up for, but the last is. */
export function createScheduler(kinds: readonly Kind[]) {
  const scheduled = kinds.flatMap(({ name, every }) => (every === undefined ? [] : [{ name, every }]));
  return async (query: Query): Promise<NewJob[]> =>
    scheduled.length === 0
      ? []
      : query<NewJob>(take, [scheduled.map(({ name }) => name), scheduled.map(({ every }) => every)]);
}
