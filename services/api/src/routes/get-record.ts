import { seenBy } from "@purlin/kit/consistency";
import { Problem } from "@purlin/kit/problems";
import { route } from "@purlin/kit/route";
import { attachmentColumns, recordColumns, recordPath, type AttachmentRow, type RecordRow } from "../records.ts";
import type { Services } from "../services.ts";

/** GET /records/:id: the record and what is attached to it. */
export function getRecord({ db }: Services) {
  return route({
    method: "get",
    path: "/records/:id",
    params: recordPath,
    handle: async ({ params, request, response }) => {
      const { value, servedBy } = await db.read(async (query) => {
        const [record] = await query<RecordRow>(`SELECT ${recordColumns} FROM records WHERE id = $1`, [params.id]);
        if (!record) return undefined;
        const select = `SELECT ${attachmentColumns} FROM attachments WHERE record_id = $1 ORDER BY id`;
        return { ...record, attachments: await query<AttachmentRow>(select, [params.id]) };
      }, seenBy(request));
      response.set("x-served-by", servedBy);
      if (!value) throw new Problem("not_found", { detail: "there is no such record" });
      response.json(value);
    },
  });
}
