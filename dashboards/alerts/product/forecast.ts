import type { Alert } from "../../lib/alert.ts";
import { limits } from "../../limits.ts";

export const forecast: readonly Alert[] = [
  {
    name: "ForecastStale",
    severity: "ticket",
    for: "1h",
    expr: `max by (env, cluster, kind) (forecast_age_seconds) > ${limits.forecastAge.critical}`,
    summary: "a forecast of {{ $labels.kind }} is {{ $value | humanizeDuration }} old",
    why: "The API says how old it is and goes on; people plan by old numbers.",
    first: ["`purlin status`: is MindsDB up?", "dead letters of the forecast job on the worker's board"],
    fires: { series: { 'forecast_age_seconds{kind="completed"}': "200000+60x100" }, at: "90m" },
    quiet: { series: { 'forecast_age_seconds{kind="completed"}': "3600+60x100" }, at: "90m" },
  },
  {
    name: "ForecastWorseThanNaive",
    severity: "info",
    for: "1h",
    expr: `max by (env, cluster, kind) (forecast_error_ratio) > ${limits.forecastError.critical}`,
    summary: "forecasts of {{ $labels.kind }} err more than the naive forecast",
    why: "The model does not earn its keep: no forecast would be better.",
    first: ["the API's forecast field shows both errors", "has the way the team works changed lately?"],
    fires: { series: { 'forecast_error_ratio{kind="completed"}': "1.4x100" }, at: "90m" },
    quiet: { series: { 'forecast_error_ratio{kind="completed"}': "0.8x100" }, at: "90m" },
  },
];
