import { route, type Route } from "@purlin/kit/route";
import { getMe } from "../me.ts";
import { me } from "../schemas.ts";
import type { AccessServices } from "../services.ts";

export function meRoutes({ app, authenticator }: AccessServices): Route[] {
  return [
    route({
      method: "get",
      path: "/me",
      operationId: "getMe",
      summary: "Who the caller is and what it may do where",
      tag: "Me",
      access: "signed-in",
      responses: { 200: { description: "The caller", body: me } },
      handle: async ({ identity }) => {
        // the first thing a new subject asks for, and after joining somewhere: nothing that was remembered, no replica
        const now = (await authenticator.refresh(identity, 0)) ?? identity;
        return { status: 200, body: await getMe(app.readPrimary, now) };
      },
    }),
  ];
}
