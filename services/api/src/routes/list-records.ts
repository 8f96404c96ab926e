import { seenBy } from "@purlin/kit/consistency";
import { Problem } from "@purlin/kit/problems";
import { route } from "@purlin/kit/route";
import { z } from "zod";
import { recordColumns, recordsTopic, type RecordRow } from "../records.ts";
import type { Services } from "../services.ts";

const page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  /** `next` of the page before. */
  cursor: z.string().max(64).optional(),
});

const select = `SELECT ${recordColumns} FROM records WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2`;

/** GET /records: newest first, a page at a time; `next` is absent on the last page. */
export function listRecords({ db, cache }: Services) {
  return route({
    method: "get",
    path: "/records",
    query: page,
    handle: async ({ query: { limit, cursor }, request, response }) => {
      const before = cursor === undefined ? null : readCursor(cursor);
      const { text, servedBy } = await cache.get(
        recordsTopic,
        `${limit}:${before ?? ""}`,
        seenBy(request),
        async (after) => {
          const { value: rows, servedBy } = await db.read(
            (query) => query<RecordRow>(select, [before, limit + 1]),
            after,
          );
          const items = rows.slice(0, limit);
          const last = rows.length > limit ? items.at(-1) : undefined;
          return { text: JSON.stringify({ items, next: last && writeCursor(last.id) }), servedBy };
        },
      );
      response.set("x-served-by", servedBy).type("json").send(text);
    },
  });
}

function writeCursor(id: string): string {
  return Buffer.from(id.replaceAll("-", ""), "hex").toString("base64url");
}

function readCursor(cursor: string): string {
  const hex = Buffer.from(cursor, "base64url").toString("hex");
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  if (id === hex || writeCursor(id) !== cursor) {
    throw new Problem("invalid_request", {
      errors: [{ path: "query.cursor", message: "is not a cursor of this list" }],
    });
  }
  return id;
}
