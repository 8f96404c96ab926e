import type { Query } from "@purlin/kit/pool";
import { seal, unseal } from "@purlin/kit/sealed-secret";
import { z } from "zod";

/*
 * Sessions of the queue board: who, and since when, sealed in a cookie. They last a quarter of an hour, and end at once when
 * their operator signs out everywhere, is disabled or is no operator any more.
 */

/** Seconds. */
export const sessionLife = 900;

const purpose = "queue-board";
const session = z.object({ subjectId: z.uuid(), since: z.number() });

export interface Session {
  subjectId: string;
  /** Seconds since 1970. */
  since: number;
}

/** The cookie's value for somebody who has just shown who they are. */
export function openSession(key: Buffer, subjectId: string): string {
  return seal(key, purpose, JSON.stringify({ subjectId, since: Math.floor(Date.now() / 1000) } satisfies Session));
}

/** Undefined for what we did not seal, and for what is too old. */
export function readSession(key: Buffer, cookie: string): Session | undefined {
  try {
    const found = session.parse(JSON.parse(unseal(key, purpose, cookie)));
    return Date.now() / 1000 - found.since < sessionLife ? found : undefined;
  } catch {
    return undefined;
  }
}

const grants = z.object({ disabled: z.boolean(), tokensValidFrom: z.number() }).nullable();

/** Whether the operator is still somebody who could sign in as at the session's start. */
export async function isAlive(query: Query, { subjectId, since }: Session): Promise<boolean> {
  const [row] = await query<{ grants: unknown }>("SELECT access.grants_of($1) AS grants", [subjectId]);
  const found = grants.parse(row?.grants ?? null);
  return found !== null && !found.disabled && found.tokensValidFrom <= since;
}
