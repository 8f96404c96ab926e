import type { Calendar } from "../calendar/calendar.ts";
import type { Kind } from "../jobs/kind.ts";

/** Asks for this year's and next year's holidays once a day, so that they are there when the service is not. */
export function calendarRefresh(calendar: Calendar): Kind {
  return {
    name: "calendar.refresh",
    every: 86_400,
    concurrency: 1,
    retries: [60, 600, 3_600],
    timeout: 60,
    work: async () => {
      const year = new Date().getUTCFullYear();
      for (const one of [year, year + 1]) await calendar.refresh(one);
      return () => Promise.resolve(undefined); // it was stored as it came
    },
  };
}
