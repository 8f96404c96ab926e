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
      why: "Predictions fail; the services answer without them.",
      first: ["`purlin status`", "`purlin logs mindsdb`", "memory: it needs two gigabytes"],
      fires: { series: { 'up{component="mindsdb"}': "0x20" }, at: "10m" },
      quiet: { series: { 'up{component="mindsdb"}': "1x20" }, at: "10m" },
    },
  ],
};
