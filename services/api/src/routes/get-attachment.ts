import { pipeline } from "node:stream/promises";
import { seenBy } from "@purlin/kit/consistency";
import { Problem } from "@purlin/kit/problems";
import { route } from "@purlin/kit/route";
import { attachmentColumns, attachmentPath, type AttachmentRow } from "../records.ts";
import type { Services } from "../services.ts";

const select = `SELECT ${attachmentColumns}, object_key AS "objectKey" FROM attachments WHERE record_id = $1 AND id = $2`;

/** GET /records/:id/attachments/:aid: the bytes, always as a download: what users upload never runs in the API's origin. */
export function getAttachment({ db, attachments }: Services) {
  return route({
    method: "get",
    path: "/records/:id/attachments/:aid",
    params: attachmentPath,
    handle: async ({ params, request, response }) => {
      const { value, servedBy } = await db.read(
        (query) => query<AttachmentRow & { objectKey: string }>(select, [params.id, params.aid]),
        seenBy(request),
      );
      response.set("x-served-by", servedBy);
      const [file] = value;
      if (!file) throw new Problem("not_found", { detail: "there is no such attachment" });
      const bytes = await attachments.get(file.objectKey);
      response.writeHead(200, {
        "content-type": file.contentType,
        "content-length": String(file.size),
        "content-disposition": disposition(file.name),
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
        etag: `"${file.sha256}"`,
      });
      await pipeline(bytes, response);
    },
  });
}

/** RFC 6266: an ASCII name for old clients, the real one for the rest. */
function disposition(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
