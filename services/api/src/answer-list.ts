import { createHash } from "node:crypto";
import { seenBy } from "@purlin/kit/consistency";
import type { Query } from "@purlin/kit/pool";
import { topicOf, type Place } from "./place.ts";
import type { Services } from "./services.ts";

/**
 * Answers with a list from the cache, or else from Postgres. `name` says which list, `options` everything that decides
 * what is in it: with the organisation they are its key. Permissions are checked before; they do not change the list.
 */
export async function answerList(
  { db, cache }: Pick<Services, "db" | "cache">,
  { organisationId, request, response }: Place,
  { name, options }: { name: string; options: object },
  load: (query: Query) => Promise<object>,
): Promise<undefined> {
  const key = `${name}:${createHash("sha256").update(JSON.stringify(options)).digest("base64url")}`;
  const { text, servedBy } = await cache.get(topicOf(organisationId), key, seenBy(request), async (after) => {
    const { value, servedBy } = await db.read(load, { organisation: organisationId, after });
    return { text: JSON.stringify(value), servedBy };
  });
  response.set({ "x-served-by": servedBy, "cache-control": "private, no-store" }).type("json").send(text);
  return undefined;
}
