import { readCursor, toPage, writeCursor } from "@purlin/kit/cursor";
import { z } from "zod";

/** What a client asks of a list. */
interface Page {
  limit: number;
  cursor?: string | undefined;
}

/** A page of `list`, which goes by id: `rows` gives up to so many, beyond the one with this id. @throws Problem invalid_request for a wrong cursor */
export async function pageById<T>(
  list: string,
  { limit, cursor }: Page,
  rows: (limit: number, beyond: string | undefined) => Promise<T[]>,
  idOf: (row: T) => string,
) {
  const [beyond] = cursor === undefined ? [] : readCursor(list, z.tuple([z.uuid()]), cursor);
  return toPage(await rows(limit + 1, beyond), limit, (last) => writeCursor(list, [idOf(last)]));
}
