import { z } from "zod";
import { bytes, count, hostName, origin, port } from "../../blueprint/fields.ts";
import type { GatewaySpec } from "./outputs.ts";

export const gatewaySpec = z
  .strictObject({
    domain: hostName().default("localhost").describe("Host name of the certificate, besides localhost."),
    ports: z
      .strictObject({
        http: port().optional().describe("Fixed HTTP port; absent: 8080, or the next free one."),
        https: port().optional().describe("Fixed HTTPS port; absent: 8443, or the next free one."),
      })
      .prefault({})
      .describe("Fixed ports. An absent one is allocated and kept for the stack's life."),
    cors: z
      .strictObject({
        origins: z.array(origin()).default([]).describe("Origins whose pages may call the platform; [] allows none."),
      })
      .prefault({})
      .describe("Cross-origin requests."),
    rateLimit: z
      .strictObject({
        average: count({ min: 0, max: 1_000_000 })
          .default(200)
          .describe("Requests a second over time; 0 turns it off."),
        burst: count({ min: 1, max: 1_000_000 }).default(400).describe("Requests at once."),
      })
      .prefault({})
      .describe("Requests one client address may make."),
    maxBody: bytes({ min: "1KiB" }).prefault("10MiB").describe("Largest request body; larger ones are answered 413."),
    retries: count({ min: 0, max: 10 }).default(3).describe("Attempts on another instance when one cannot be reached."),
  })
  .describe("Gateway and load balancer: HTTPS, routes, limits.") satisfies z.ZodType<GatewaySpec>;
