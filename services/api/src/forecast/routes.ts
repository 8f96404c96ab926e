import { seenBy } from "@purlin/kit/consistency";
import { emit } from "@purlin/kit/outbox";
import { route, type Route } from "@purlin/kit/route";
import { z } from "zod";
import { topicOf, writeIn } from "../place.ts";
import type { Services } from "../services.ts";
import { forecast, readForecast, type Forecast } from "./forecast.ts";

const tag = "Forecast";
const inOrganisation = z.strictObject({ organisationId: z.uuid() });

export function forecastRoutes(services: Services): Route[] {
  return [getForecast(services), requestForecast(services)];
}

function getForecast({ db, cache }: Services) {
  return route({
    method: "get",
    path: "/organisations/:organisationId/forecast",
    operationId: "getForecast",
    summary: "Get what is expected of the weeks to come",
    tag,
    access: "forecast:read",
    params: inOrganisation,
    responses: {
      200: {
        description: "The latest forecast, its age, and how well it did on weeks it had not seen.",
        body: forecast,
      },
    },
    handle: async ({ organisationId, request, response }) => {
      const topic = topicOf(organisationId);
      const { text, servedBy } = await cache.get(topic, "forecast", seenBy(request), async (after) => {
        const { value, servedBy } = await db.read(readForecast, { organisation: organisationId, after });
        return { text: JSON.stringify(value), servedBy };
      });
      response.set("x-served-by", servedBy);
      const kept = JSON.parse(text) as Forecast; // what was stringified above
      return { status: 200, body: { ...kept, ageSeconds: ageOf(kept) } };
    },
  });
}

function ageOf({ computedAt }: Forecast): number | null {
  return computedAt === null ? null : Math.max(0, Math.round((Date.now() - Date.parse(computedAt)) / 1000));
}

function requestForecast(services: Services) {
  return route({
    method: "post",
    path: "/organisations/:organisationId/forecast/refresh",
    operationId: "requestForecast",
    summary: "Have the forecast made again now, and not when it is due",
    tag,
    access: "job:manage",
    params: inOrganisation,
    responses: { 202: { description: "It will be made; `computedAt` of the forecast tells when it was." } },
    handle: async ({ identity, ...place }) => {
      const { organisationId } = place;
      const { subjectId: actorId } = identity;
      await writeIn(services, place, (query) =>
        emit(query, { organisationId, type: "forecast.requested", entityId: organisationId, actorId, payload: {} }),
      );
      return { status: 202 };
    },
  });
}
