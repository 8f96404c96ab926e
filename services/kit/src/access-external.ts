import type { AccessQuery } from "./access-read.ts";
import type { Database } from "./postgres.ts";
import { Problem } from "./problems.ts";

/** What another issuer says of one of its subjects. */
export interface ExternalProfile {
  name: string;
  /** Only one that the issuer has verified. */
  email: string | undefined;
}

const known =
  "SELECT external_id AS key, subject_id::text AS answer FROM access.external_subjects WHERE issuer = $1 AND external_id = $2";

/** Nobody's address is taken over: one that another subject has is left out. */
const create =
  "INSERT INTO access.subjects (kind, display_name, email) VALUES ('user', $1, $2) ON CONFLICT DO NOTHING RETURNING id";

const link = "INSERT INTO access.external_subjects (issuer, external_id, subject_id) VALUES ($1, $2, $3)";

/** The id of our subject for `externalId` of `issuer`, made when it is seen for the first time. */
export function createExternalSubjects(query: AccessQuery, db: Pick<Database, "write">) {
  return async (issuer: string, externalId: string, profile: ExternalProfile): Promise<string> => {
    const found = (await query(known, [issuer, externalId]))(externalId);
    if (found instanceof Problem) throw found;
    if (found !== undefined) return found;
    const { value } = await db.write(async (run) => {
      // the link is what two services may make at once; whoever comes second waits here and takes the first one's
      await run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [`${issuer} ${externalId}`]);
      const [linked] = await run<{ answer: string }>(known, [issuer, externalId]);
      if (linked) return linked.answer;
      const [withEmail] = await run<{ id: string }>(create, [profile.name, profile.email ?? null]);
      const [subject] = withEmail ? [withEmail] : await run<{ id: string }>(create, [profile.name, null]);
      if (!subject) throw new Error("a subject without an address conflicts with nothing");
      await run(link, [issuer, externalId, subject.id]);
      return subject.id;
    });
    return value;
  };
}
