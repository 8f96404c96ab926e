import type { AlertGroup } from "../lib/alert.ts";

export const mindsdb: AlertGroup = {
  noun: "mindsdb",
  alerts: [
    {
      name: "MindsdbDown",
      severity: "ticket",
      for: "5m",
      expr: 'up{component="mindsdb"} == 0',
      summary: "MindsDB does not answer",
      why: "Forecasts grow old; the API serves the last ones and says so. Everything else works.",
      first: [
        "`purlin status`",
        "`purlin logs mindsdb`",
        "memory: it takes 310 MB, and its child 255 MB while a model learns",
      ],
      fires: { series: { 'up{component="mindsdb"}': "0x20" }, at: "10m" },
      quiet: { series: { 'up{component="mindsdb"}': "1x20" }, at: "10m" },
    },
  ],
};
