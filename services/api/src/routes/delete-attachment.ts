import { acknowledge } from "@purlin/kit/consistency";
import { Problem } from "@purlin/kit/problems";
import { route } from "@purlin/kit/route";
import { removeObjects } from "../attachment-objects.ts";
import { attachmentPath } from "../records.ts";
import type { Services } from "../services.ts";

const gone = "DELETE FROM attachments WHERE record_id = $1 AND id = $2 RETURNING object_key AS key";

/** DELETE /records/:id/attachments/:aid: the row, then the object. */
export function deleteAttachment(services: Services) {
  return route({
    method: "delete",
    path: "/records/:id/attachments/:aid",
    params: attachmentPath,
    handle: async ({ params, response }) => {
      const { value: key, lsn } = await services.db.write(async (query) => {
        const [row] = await query<{ key: string }>(gone, [params.id, params.aid]);
        if (!row) throw new Problem("not_found", { detail: "there is no such attachment" });
        return row.key;
      });
      await removeObjects(services, [key]);
      acknowledge(response, lsn);
      response.status(204).end();
    },
  });
}
