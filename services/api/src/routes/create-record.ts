import { acknowledge } from "@purlin/kit/consistency";
import { route } from "@purlin/kit/route";
import { newRecord, recordColumns, recordsTopic, type RecordRow } from "../records.ts";
import type { Services } from "../services.ts";

/** POST /records: 201 once the record is committed. */
export function createRecord({ db, cache }: Services) {
  return route({
    method: "post",
    path: "/records",
    body: newRecord,
    handle: async ({ body, response }) => {
      const { value, lsn } = await db.write(async (query) => {
        const insert = `INSERT INTO records (title, body) VALUES ($1, $2) RETURNING ${recordColumns}`;
        const [record] = await query<RecordRow>(insert, [body.title, body.body]);
        return record;
      });
      await cache.invalidate(recordsTopic, lsn);
      acknowledge(response, lsn);
      response
        .status(201)
        .location(`records/${value?.id ?? ""}`)
        .json(value);
    },
  });
}
