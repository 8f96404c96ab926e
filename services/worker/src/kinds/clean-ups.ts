import { removeOldEvents } from "@purlin/kit/outbox-retention";
import type { Query } from "@purlin/kit/pool";
import type { Kind } from "../jobs/kind.ts";

/** Most rows one run removes; the next is soon. */
const most = 10_000;

/** What grows for ever unless somebody removes it, by name of the job and what of it is no longer needed. */
const outdated = {
  "idempotency-keys.expire": `
    DELETE FROM platform.idempotency_keys WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM platform.idempotency_keys WHERE created_at < now() - interval '24 hours' LIMIT ${most}))`,
  // the longest that tokens of ours or of other issuers may be valid is a day
  "sessions.forget": `
    DELETE FROM access.revoked_sessions WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM access.revoked_sessions WHERE revoked_at < now() - interval '25 hours' LIMIT ${most}))`,
  "dead-letters.expire": `
    DELETE FROM jobs.jobs WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM jobs.jobs WHERE state = 'dead' AND died_at < now() - interval '30 days' LIMIT ${most}))`,
};

/** One scheduled kind for each table that has to be kept small. */
export function cleanUpKinds(): Kind[] {
  const removals = Object.entries(outdated).map(([name, statement]) => cleanUp(name, (query) => query(statement)));
  return [...removals, cleanUp("outbox.trim", (query) => removeOldEvents(query, most))];
}

function cleanUp(name: string, remove: (query: Query) => Promise<unknown>): Kind {
  return {
    name,
    every: 300,
    concurrency: 1,
    retries: [30],
    effect: async (query) => {
      await remove(query);
      return undefined;
    },
  };
}
