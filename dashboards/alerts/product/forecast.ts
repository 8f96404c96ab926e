import type { Alert } from "../../lib/alert.ts";
import { limits } from "../../limits.ts";
import { onBoth } from "./instances.ts";

const kind = 'kind="completed"';

export const forecast: readonly Alert[] = [
  {
    name: "ForecastStale",
    severity: "ticket",
    for: "1h",
    expr: `max by (env, cluster, kind) (forecast_age_seconds) > ${limits.forecastAge.critical}`,
    summary: "a forecast of {{ $labels.kind }} is {{ $value | humanizeDuration }} old",
    why: "The API says how old it is and goes on; people plan by old numbers.",
    first: [
      "`purlin status`: is MindsDB up?",
      "dead letters of the kind `forecast.refresh`: runbook JobsDead",
      "how many are waiting: the jobs of the Services dashboard",
    ],
    fires: { series: onBoth("forecast_age_seconds", kind, "200000+60x100", "_x100"), at: "90m" },
    quiet: { series: onBoth("forecast_age_seconds", kind, "100000+60x100"), at: "90m" },
  },
  {
    name: "ForecastWorseThanNaive",
    severity: "info",
    for: "1h",
    expr: `max by (env, cluster, kind) (forecast_error_ratio) > ${limits.forecastError.critical}`,
    summary: "forecasts of {{ $labels.kind }} err more than the naive forecast",
    why: "Nobody is told worse numbers: the naive forecast is served where it errs less. But MindsDB is of no use then.",
    first: ["the API's forecast field shows both errors", "has the way the team works changed lately?"],
    fires: { series: onBoth("forecast_error_ratio", kind, "1.4x100", "_x100"), at: "90m" },
    quiet: { series: onBoth("forecast_error_ratio", kind, "0.8x100"), at: "90m" },
  },
];
