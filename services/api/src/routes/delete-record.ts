import { acknowledge } from "@purlin/kit/consistency";
import { Problem } from "@purlin/kit/problems";
import { route } from "@purlin/kit/route";
import { removeObjects } from "../attachment-objects.ts";
import { recordPath, recordsTopic } from "../records.ts";
import type { Services } from "../services.ts";

/** DELETE /records/:id: the record, its attachments, then their objects. */
export function deleteRecord(services: Services) {
  const { db, cache } = services;
  return route({
    method: "delete",
    path: "/records/:id",
    params: recordPath,
    handle: async ({ params, response }) => {
      const { value: keys, lsn } = await db.write(async (query) => {
        const gone = "DELETE FROM attachments WHERE record_id = $1 RETURNING object_key AS key";
        const objects = await query<{ key: string }>(gone, [params.id]);
        const records = await query("DELETE FROM records WHERE id = $1 RETURNING id", [params.id]);
        if (records.length === 0) throw new Problem("not_found", { detail: "there is no such record" });
        return objects.map(({ key }) => key);
      });
      await cache.invalidate(recordsTopic, lsn);
      await removeObjects(services, keys);
      acknowledge(response, lsn);
      response.status(204).end();
    },
  });
}
