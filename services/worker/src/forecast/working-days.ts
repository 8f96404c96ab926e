import { lookUpPeriod, type Calendar } from "../calendar/calendar.ts";
import type { Forecast } from "./predictions.ts";

const friday = 4 * 24 * 3_600_000;

/** Working days of each week forecast, by its Monday. A week whose holidays are not known is left out. */
export async function countWorkingDays(
  calendar: Pick<Calendar, "year">,
  forecasts: readonly Forecast[],
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const monday of new Set(forecasts.flatMap(({ weeks }) => weeks.map(({ week }) => week)))) {
    const end = new Date(Date.parse(monday) + friday).toISOString().slice(0, 10);
    const { days, source } = await lookUpPeriod(calendar, monday, end);
    if (source !== "weekends") counts.set(monday, days.length);
  }
  return counts;
}
