import { z } from "zod";
import { Problem } from "./problems.ts";
import { integerText, orElse } from "./route-query.ts";

/*
 * Cursors are opaque to clients: the sort key of the last item, and of which list it is. One that was made up can only
 * name another place in a list that its sender may read anyway.
 */

/** Writes where a page ended: `list` says what of, `key` is the last item's sort key. */
export function writeCursor(list: string, key: readonly (string | number | null)[]): string {
  return Buffer.from(JSON.stringify([list, ...key])).toString("base64url");
}

/** @throws Problem invalid_request for what is not a cursor of this list */
export function readCursor<K extends z.ZodType>(list: string, key: K, cursor: string): z.output<K> {
  const parsed = z.tuple([z.literal(list)], z.unknown()).safeParse(decode(cursor));
  const result = parsed.success ? key.safeParse(parsed.data.slice(1)) : undefined;
  if (result?.success) return result.data;
  throw new Problem("invalid_request", {
    errors: [{ path: "query.cursor", message: "is not a cursor of this list" }],
  });
}

function decode(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}

/** The query parameters of a list that comes in pages. */
export const pageQuery = {
  limit: orElse(integerText(1, 100), 20).describe("Items of a page, at most."),
  cursor: z.string().min(1).max(500).optional().describe("`next` of the page before."),
};

/** A page of `item`. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.strictObject({
    items: z.array(item),
    next: z.string().nullable().describe("Cursor of the next page; null on the last one."),
  });
}

/** A page out of one item more than it has: that one tells that there is another page. */
export function toPage<T>(rows: readonly T[], limit: number, cursorOf: (last: T) => string) {
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, next: last === undefined ? null : cursorOf(last) };
}
