import type { Logger } from "@purlin/kit/logger";
import type { Database } from "@purlin/kit/postgres";
import type { CalendarClient, Holiday } from "./client.ts";
import { findHolidays, storeHolidays } from "./store.ts";

/** Where a year's holidays are from: just asked for, kept from earlier, or not known, so that only weekends are off. */
type Source = "service" | "stored" | "weekends";

interface Year {
  holidays: Holiday[];
  source: Source;
  fetchedAt: Date | null;
}

export interface Calendar {
  /** Never fails for the calendar service's sake: what it does not give comes from what is stored, else from weekends alone. */
  year: (year: number) => Promise<Year>;
  /** Asks the service for a year and keeps its answer. @throws Error when it does not give it. */
  refresh: (year: number) => Promise<Holiday[]>;
}

/** Milliseconds what is stored is used without asking; holidays are seldom moved. */
const fresh = 7 * 24 * 3_600_000;

export interface CalendarOptions {
  db: Database;
  logger: Logger;
  country: string;
  /** Absent where no calendar service is set up. */
  client: CalendarClient | undefined;
}

export function createCalendar({ db, logger, country, client }: CalendarOptions): Calendar {
  const refresh = async (year: number) => {
    if (!client) throw new Error("no calendar service is set up");
    const holidays = await client.holidays(country, year);
    await db.write((query) => storeHolidays(query, country, year, holidays));
    return holidays;
  };
  return {
    refresh,
    year: async (year) => {
      const stored = await findHolidays(db.readPrimary, country, year);
      if (stored && Date.now() - stored.fetchedAt.getTime() < fresh) return { ...stored, source: "stored" };
      try {
        if (client) return { holidays: await refresh(year), source: "service", fetchedAt: new Date() };
      } catch (error) {
        logger.warn({ year, err: error }, "the calendar service gives no answer");
      }
      return stored ? { ...stored, source: "stored" } : { holidays: [], source: "weekends", fetchedAt: null };
    },
  };
}

/** What is known of a period: its working days, and whence and how old at worst what is known of holidays is. */
interface Period {
  days: string[];
  source: Source;
  fetchedAt: Date | null;
}

const trust = ["weekends", "stored", "service"] as const satisfies Source[];

/** The period from `from` to `to`, both included (YYYY-MM-DD), a year long at most. */
export async function lookUpPeriod(calendar: Pick<Calendar, "year">, from: string, to: string): Promise<Period> {
  const numbers = new Set([Number(from.slice(0, 4)), Number(to.slice(0, 4))]);
  const years = await Promise.all([...numbers].map((year) => calendar.year(year)));
  const holidays = years.flatMap((year) => year.holidays);
  return {
    days: workingDays(from, to, holidays),
    source: trust.find((one) => years.some(({ source }) => source === one)) ?? "weekends",
    fetchedAt: years.map(({ fetchedAt }) => fetchedAt).sort((a, b) => Number(a) - Number(b))[0] ?? null,
  };
}

/** Days from `from` to `to`, both included (YYYY-MM-DD), that are neither weekend nor holiday. */
function workingDays(from: string, to: string, holidays: readonly Holiday[]): string[] {
  const off = new Set(holidays.map(({ day }) => day));
  const days: string[] = [];
  for (let day = Date.parse(from); day <= Date.parse(to); day += 24 * 3_600_000) {
    const date = new Date(day);
    const text = date.toISOString().slice(0, 10);
    if (date.getUTCDay() % 6 !== 0 && !off.has(text)) days.push(text);
  }
  return days;
}
