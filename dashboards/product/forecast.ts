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
      queries: [{ expr: "max(forecast_age_seconds{$scope})", legend: "oldest" }],
      limits: limits.forecastAge,
      absentWhenHealthy,
    },
    {
      title: "Error against the naive forecast",
      description:
        "Mean error on held-out weeks over that of repeating the last week. Above 1 the model is worse than no model.",
      unit: "percentunit",
      show: "lines",
      queries: [{ expr: "max(forecast_error_ratio{$scope})", legend: "worst organisation" }],
      limits: limits.forecastError,
      absentWhenHealthy,
    },
  ],
};
