import { randomUUID } from "node:crypto";
import type { World } from "./forecast-world.ts";

/*
 * Histories of organisations: tasks completed in each of the weeks before this one, so many a week.
 */

/** A new organisation, as the replica knows it, with one project and, for the n-th week of `completed` (the last is the one before this), so many tasks done in it. */
export async function createHistory(world: World, completed: number[]): Promise<string> {
  const [id, subject] = [randomUUID(), randomUUID()];
  await world.sql("INSERT INTO access.subjects (id, kind, display_name) VALUES ($1, 'service', 'Robot')", [subject]);
  await world.sql("INSERT INTO access.organisations (id, slug, name) VALUES ($1, $2, 'Test')", [id, id.slice(0, 13)]);
  await world.sql(
    "INSERT INTO projects (organisation_id, id, key, name, created_by) VALUES ($1, $2, 'TEST', 'Test', $3)",
    [...[id, randomUUID(), subject]],
  );
  await addWeeks(world, id, completed);
  return id;
}

/** Every third task is done the day after it was due, and so becomes overdue; the others on the day. */
export async function addWeeks(world: World, organisation: string, completed: number[]): Promise<void> {
  await world.sql(
    `INSERT INTO tasks (organisation_id, id, project_id, number, title, status, due_on, completed_at, created_by, created_at, updated_at)
     SELECT $1, gen_random_uuid(), p.id, $3 + row_number() OVER (), 'Task', 'done',
       (monday + interval '3 days')::date - CASE WHEN number % 3 = 0 THEN 1 ELSE 0 END,
       (monday + interval '3 days 12 hours') AT TIME ZONE 'UTC', p.created_by, monday AT TIME ZONE 'UTC', monday AT TIME ZONE 'UTC'
     FROM unnest($2::int[]) WITH ORDINALITY AS week (tasks, place)
     CROSS JOIN LATERAL (
       SELECT date_trunc('week', now() AT TIME ZONE 'UTC') - (cardinality($2::int[]) + 1 - place) * interval '7 days' AS monday) AS begins
     CROSS JOIN generate_series(1, week.tasks) AS number
     JOIN projects p ON p.organisation_id = $1`,
    [organisation, completed, Math.floor(Math.random() * 1e8) * 10],
  );
  await world.replicated();
}

/** A team that does more each month, in a rhythm of four weeks, with noise: the same weeks for the same seed. */
export function rhythm(weeks: number, seed: number): number[] {
  const random = generator(seed);
  return Array.from({ length: weeks }, (_, week) => {
    const wave = 8 * Math.sin((2 * Math.PI * week) / 4);
    return Math.max(0, Math.round(20 + 0.2 * week + wave + 4 * (random() + random() + random() - 1.5)));
  });
}

/** A team that does about as much each week, and no week tells anything of the next. */
export function noise(weeks: number, seed: number): number[] {
  const random = generator(seed);
  return Array.from({ length: weeks }, () => Math.round(15 + 10 * random()));
}

/** mulberry32: small, and the same everywhere. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
