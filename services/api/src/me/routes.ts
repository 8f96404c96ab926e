import { look } from "@purlin/kit/run";
import { route, type Route } from "@purlin/kit/route";
import type { Services } from "../services.ts";
import { describeCaller, me } from "./me.ts";

export function meRoutes({ db }: Services): Route[] {
  return [
    route({
      method: "get",
      path: "/me",
      operationId: "getMe",
      summary: "See who you are, and where you may do what",
      tag: "Me",
      access: "signed-in",
      responses: { 200: { description: "The caller.", body: me } },
      handle: async ({ identity, request, response }) => {
        const body = await look(db, { request, response }, (query) => describeCaller(query, identity));
        return { status: 200, headers: { "cache-control": "private, no-store" }, body };
      },
    }),
  ];
}
