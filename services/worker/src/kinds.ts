import type { Metrics } from "@purlin/kit/metrics";
import type { Database } from "@purlin/kit/postgres";
import type { Calendar } from "./calendar/calendar.ts";
import type { WorkerConfig } from "./config.ts";
import type { Kind } from "./jobs/kind.ts";
import { calendarRefresh } from "./kinds/calendar-refresh.ts";
import { cleanUpKinds } from "./kinds/clean-ups.ts";
import { forecastKinds } from "./kinds/forecast-refresh.ts";
import { webhookDeliver } from "./kinds/webhook-deliver.ts";
import { webhookDispatch } from "./kinds/webhook-dispatch.ts";
import { webhookRedeliver } from "./kinds/webhook-redeliver.ts";

/** All background work there is. */
export function allKinds(config: WorkerConfig, db: Database, metrics: Metrics, calendar: Calendar): Kind[] {
  const webhooks = {
    rules: { allowLoopback: config.WEBHOOK_ALLOW_LOOPBACK },
    key: config.WEBHOOK_SECRET_KEY,
    timeout: config.WEBHOOK_TIMEOUT_SECONDS * 1_000,
    disableAfter: config.WEBHOOK_DISABLE_DAYS,
  };
  return [
    webhookDispatch,
    webhookDeliver(db, webhooks),
    webhookRedeliver,
    ...(config.CALENDAR_URL === undefined ? [] : [calendarRefresh(calendar)]),
    ...forecastKinds(config, db, metrics, calendar),
    ...cleanUpKinds(),
  ];
}
