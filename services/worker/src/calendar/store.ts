import type { Query } from "@purlin/kit/pool";
import type { Holiday } from "./client.ts";

/** Replaces what is known of a year. */
export async function storeHolidays(
  query: Query,
  country: string,
  year: number,
  holidays: readonly Holiday[],
): Promise<void> {
  await query(
    `INSERT INTO jobs.holiday_years (country, year, fetched_at) VALUES ($1, $2, now())
     ON CONFLICT (country, year) DO UPDATE SET fetched_at = now()`,
    [country, year],
  );
  await query("DELETE FROM jobs.holidays WHERE country = $1 AND extract(year FROM day) = $2", [country, year]);
  await query(
    `INSERT INTO jobs.holidays (country, day, name) SELECT $1, day, name FROM unnest($2::date[], $3::text[]) AS h (day, name)
     ON CONFLICT (country, day) DO NOTHING`,
    [country, holidays.map(({ day }) => day), holidays.map(({ name }) => name)],
  );
}

/** What was stored of a year, and when; undefined when nothing ever was. */
export async function findHolidays(
  query: Query,
  country: string,
  year: number,
): Promise<{ holidays: Holiday[]; fetchedAt: Date } | undefined> {
  const [known] = await query<{ fetchedAt: Date }>(
    `SELECT fetched_at AS "fetchedAt" FROM jobs.holiday_years WHERE country = $1 AND year = $2`,
    [country, year],
  );
  if (!known) return undefined;
  const holidays = await query<Holiday & Record<string, unknown>>(
    "SELECT day::text, name FROM jobs.holidays WHERE country = $1 AND extract(year FROM day) = $2 ORDER BY day",
    [country, year],
  );
  return { holidays, fetchedAt: known.fetchedAt };
}
