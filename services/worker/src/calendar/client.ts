import {
  ConsecutiveBreaker,
  ExponentialBackoff,
  circuitBreaker,
  handleAll,
  retry,
  timeout,
  TimeoutStrategy,
  wrap,
} from "cockatiel";
import type { Metrics } from "@purlin/kit/metrics";
import { z } from "zod";

export interface Holiday {
  /** YYYY-MM-DD */
  day: string;
  name: string;
}

export interface CalendarClient {
  /**
   * Public holidays of a country (ISO 3166-1 alpha-2) in a year.
   * @throws Error when the service does not give them in time, or is not asked because it failed too often.
   */
  holidays: (country: string, year: number) => Promise<Holiday[]>;
}

/** As Nager.Date answers `/api/v3/PublicHolidays/<year>/<country>`; of regional ones not every office is closed. */
const answer = z
  .array(z.object({ date: z.iso.date(), localName: z.string().max(200), global: z.boolean().default(true) }))
  .max(366);

/** Bytes of an answer; more is not a calendar. */
const most = 256 * 1024;

/**
 * A service of somebody else's, as any of them should be called: each attempt has a time limit, what fails is tried
 * again a little later, and after five calls that failed it is left alone for half a minute.
 */
export function createCalendarClient(baseUrl: string, metrics: Metrics, patience = 1_000): CalendarClient {
  const policy = wrap(
    circuitBreaker(handleAll, { halfOpenAfter: 30_000, breaker: new ConsecutiveBreaker(5) }),
    retry(handleAll, { maxAttempts: 2, backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 1_000 }) }),
    timeout(patience, TimeoutStrategy.Aggressive),
  );
  return {
    holidays: (country, year) =>
      policy.execute(({ signal }) =>
        metrics.dependency("calendar", async () => {
          const url = new URL(`api/v3/PublicHolidays/${year}/${country}`, baseUrl.replace(/\/?$/, "/"));
          const response = await fetch(url, { signal, redirect: "error", headers: { accept: "application/json" } });
          if (!response.ok) throw new Error(`the calendar service answered ${response.status}`);
          const holidays = answer.parse(JSON.parse(await readText(response)));
          return holidays.flatMap(({ date, localName, global }) => (global ? [{ day: date, name: localName }] : []));
        }),
      ),
  };
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  const body = (response.body ?? []) as AsyncIterable<Uint8Array>; // what the type leaves open
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > most) throw new Error("the calendar service's answer is too long");
  }
  return text;
}
