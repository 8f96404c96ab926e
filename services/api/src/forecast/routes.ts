import { seenBy } from "@purlin/kit/consistency";
import { route, type Route } from "@purlin/kit/route";
import { z } from "zod";
import { topicOf } from "../place.ts";
import type { Services } from "../services.ts";
import { forecast, readForecast, type Forecast } from "./forecast.ts";

export function forecastRoutes({ db, cache }: Services): Route[] {
  return [
    route({
      method: "get",
      path: "/organisations/:organisationId/forecast",
      operationId: "getForecast",
      summary: "Get what is expected of the weeks to come",
      tag: "Forecast",
      access: "forecast:read",
      params: z.strictObject({ organisationId: z.uuid() }),
      responses: {
        200: {
          description: "The latest forecast, its age, and how well it did on weeks it had not seen.",
          body: forecast,
        },
      },
      handle: async ({ organisationId, request, response }) => {
        const { text, servedBy } = await cache.get(
          topicOf(organisationId),
          "forecast",
          seenBy(request),
          async (after) => {
            const { value, servedBy } = await db.read(readForecast, { organisation: organisationId, after });
            return { text: JSON.stringify(value), servedBy };
          },
        );
        response.set("x-served-by", servedBy);
        const kept = JSON.parse(text) as Forecast; // what was stringified above
        const { computedAt } = kept;
        const ageSeconds =
          computedAt === null ? null : Math.max(0, Math.round((Date.now() - Date.parse(computedAt)) / 1000));
        return { status: 200, body: { ...kept, ageSeconds } };
      },
    }),
  ];
}
