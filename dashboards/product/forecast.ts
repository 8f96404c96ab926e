import { limits } from "../limits.ts";
import type { Row } from "../lib/signal.ts";

const absentWhenHealthy = "there is no forecast until an organisation has enough history";

export const forecast: Row = {
  title: "Forecast",
  folded: true,
  signals: [
    {
      title: "Age of the oldest forecast",
      description: "Seconds since it was made. Above the line: the scheduled job fails, or MindsDB is down.",
      unit: "s",
      show: "lines",
      queries: [{ expr: "max by (kind) (forecast_age_seconds{$scope})", legend: "{{kind}}" }],
      limits: limits.forecastAge,
      absentWhenHealthy,
    },
    {
      title: "Error against the naive forecast",
      description:
        "Mean error on held-out weeks over that of the naive forecast, of all organisations. Above 1 the model is worse than none.",
      unit: "percentunit",
      show: "lines",
      queries: [{ expr: "max by (kind) (forecast_error_ratio{$scope})", legend: "{{kind}}" }],
      limits: limits.forecastError,
      absentWhenHealthy,
    },
  ],
};
