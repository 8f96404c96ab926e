import { z } from "zod";
import { mapping, name, promDuration, seconds, secretUrl } from "../../blueprint/fields.ts";
import type { MonitoringSpec } from "./outputs.ts";

export const monitoringSpec = z
  .strictObject({
    retention: promDuration().default("15d").describe("How long Prometheus keeps samples."),
    scrapeInterval: seconds({ min: 1, max: 300 }).default(15).describe("Seconds between scrapes."),
    grafana: z.enum(["auto", "off"]).default("auto").describe("auto: run Grafana where it can be had."),
    traces: z
      .strictObject({
        endpoint: secretUrl().describe("Base URL of an OTLP/HTTP receiver; ${env:NAME} keeps it secret."),
        sampleRatio: z.number().min(0).max(1).default(0.1).describe("Share of traces kept, 0 to 1."),
      })
      .optional()
      .describe("Where services send traces; absent: they make none."),
    alerts: z
      .strictObject({
        receivers: mapping(
          name("receiver"),
          z.strictObject({ webhook: secretUrl().describe("URL alerts are posted to; ${env:NAME} keeps it secret.") }),
        )
          .default({})
          .describe("Places alerts are sent to, by name."),
        routes: z
          .array(
            z.strictObject({
              severity: z.enum(["page", "ticket", "info"]).optional().describe("Alerts of this severity; absent: any."),
              component: name("component").optional().describe("Alerts of this component; absent: any."),
              receiver: name("receiver").describe("A receiver above."),
            }),
          )
          .default([])
          .describe("First match wins; alerts nobody routes stay on Alertmanager's own page."),
      })
      .prefault({})
      .describe("Where alerts go."),
  })
  .describe("Prometheus, Alertmanager and dashboards.") satisfies z.ZodType<MonitoringSpec>;
