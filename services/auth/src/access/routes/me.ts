import { Problem } from "@purlin/kit/problems";
import { route, type Route } from "@purlin/kit/route";
import { getMe } from "../me.ts";
import { look } from "../run.ts";
import { me } from "../schemas.ts";
import type { AccessServices } from "../services.ts";

export function meRoutes({ app }: AccessServices): Route[] {
  return [
    route({
      method: "get",
      path: "/me",
      operationId: "getMe",
      summary: "Who the caller is and what it may do where",
      tag: "Me",
      access: "signed-in",
      responses: { 200: { description: "The caller", body: me } },
      handle: async ({ identity, request, response }) => {
        const body = await look(app, { request, response }, (query) => getMe(query, identity));
        if (!body) throw new Problem("unavailable", { headers: { "retry-after": "1" } }); // a replica that is behind
        return { status: 200, body };
      },
    }),
  ];
}
