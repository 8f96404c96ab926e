import { pageOf, pageQuery } from "@purlin/kit/cursor";
import { route, type Route } from "@purlin/kit/route";
import { z } from "zod";
import { answerList } from "../answer-list.ts";
import type { Services } from "../services.ts";
import { activityEntry, listActivity } from "./activity.ts";

export function activityRoutes(services: Services): Route[] {
  return [
    route({
      method: "get",
      path: "/organisations/:organisationId/activity",
      operationId: "listActivity",
      summary: "List what was done, latest first",
      tag: "Activity",
      access: "task:read",
      params: z.strictObject({ organisationId: z.uuid() }),
      query: z.strictObject({
        ...pageQuery,
        projectId: z.uuid().optional().describe("Only in this project."),
        taskId: z.uuid().optional().describe("Only with this task."),
      }),
      responses: { 200: { description: "A page.", body: pageOf(activityEntry) } },
      handle: async ({ query: { projectId, taskId, ...page }, ...place }) =>
        answerList(services, place, { name: "activity", options: { projectId, taskId, page } }, (query) =>
          listActivity(query, { projectId, taskId }, page),
        ),
    }),
  ];
}
