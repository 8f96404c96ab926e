import { seenBy } from "@purlin/kit/consistency";
import { Problem } from "@purlin/kit/problems";
import { route } from "@purlin/kit/route";
import { z } from "zod";
import type { Services } from "../../services.ts";
import { attachment, attachmentsPerTask, listAttachments as list } from "../attachments.ts";
import { taskPath, tag } from "./paths.ts";

/** GET …/attachments: all of a task; there are few. */
export function listAttachments({ db }: Services) {
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
    handle: async ({ params: { taskId }, organisationId, request }) => {
      const { value, servedBy } = await db.read(
        async (query) => {
          const tasks = await query("SELECT 1 FROM tasks WHERE id = $1", [taskId]);
          if (tasks.length === 0) throw new Problem("not_found", { detail: "there is no such task" });
          return list(query, [taskId]);
        },
        { organisation: organisationId, after: seenBy(request) },
      );
      return { status: 200, headers: { "x-served-by": servedBy }, body: { items: value } };
    },
  });
}
