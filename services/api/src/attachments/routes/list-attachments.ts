import { route } from "@purlin/kit/route";
import { z } from "zod";
import { readIn } from "../../place.ts";
import type { Services } from "../../services.ts";
import { findTask } from "../../tasks/tasks.ts";
import { attachment, attachmentsPerTask, listAttachments as list } from "../attachments.ts";
import { taskPath, tag } from "./paths.ts";

/** GET …/attachments: all of a task; there are few. */
export function listAttachments(services: Services) {
  return route({
    method: "get",
    path: "/organisations/:organisationId/tasks/:taskId/attachments",
    operationId: "listAttachments",
    summary: "List the attachments of a task",
    tag,
    access: "task:read",
    params: taskPath,
    responses: {
      200: {
        description: "Oldest first.",
        body: z.strictObject({ items: z.array(attachment).max(attachmentsPerTask) }),
      },
    },
    handle: async ({ params: { taskId }, ...place }) => {
      const items = await readIn(services, place, async (query) => {
        await findTask(query, taskId);
        return list(query, [taskId]);
      });
      return { status: 200, body: { items } };
    },
  });
}
