import { randomUUID } from "node:crypto";
import type { Daemons } from "./daemons.ts";

/*
 * Subjects, organisations and members for tests of a service on its own: rows of the access schema, as the auth
 * service writes them.
 */

/** A new subject; gives its id. */
export async function createSubject(
  daemons: Daemons,
  name: string,
  kind: "user" | "service" = "user",
): Promise<string> {
  const id = randomUUID();
  const email = kind === "user" ? `'${name.toLowerCase()}-${id.slice(0, 8)}@example.com'` : "NULL";
  await daemons.sqlIn(
    "app",
    `INSERT INTO access.subjects (id, kind, display_name, email) VALUES ('${id}', '${kind}', '${name}', ${email})`,
  );
  return id;
}

/** Many new subjects without addresses; gives their ids. */
export async function createSubjects(daemons: Daemons, count: number): Promise<string[]> {
  const rows = await daemons.sqlIn(
    "app",
    `INSERT INTO access.subjects (kind, display_name) SELECT 'user', 'Subject ' || n FROM generate_series(1, ${count}) AS n RETURNING id`,
  );
  return rows.map(({ id }) => String(id));
}

/** A new organisation with `owner` as its owner; gives its id. */
export async function createOrganisation(daemons: Daemons, name: string, owner: string): Promise<string> {
  const id = randomUUID();
  await daemons.sqlIn(
    "app",
    `INSERT INTO access.organisations (id, slug, name) VALUES ('${id}', '${id.slice(0, 8)}', '${name}')`,
  );
  await setRole(daemons, id, owner, "owner");
  return id;
}

/** Makes `subject` a member, or changes its role. */
export async function setRole(daemons: Daemons, organisation: string, subject: string, role: string): Promise<void> {
  await daemons.sqlIn(
    "app",
    `INSERT INTO access.members (organisation_id, subject_id, role) VALUES ('${organisation}', '${subject}', '${role}')
     ON CONFLICT (organisation_id, subject_id) DO UPDATE SET role = excluded.role`,
  );
}

/** Takes `subject` out of the organisation. */
export async function removeMember(daemons: Daemons, organisation: string, subject: string): Promise<void> {
  await daemons.sqlIn(
    "app",
    `DELETE FROM access.members WHERE organisation_id = '${organisation}' AND subject_id = '${subject}'`,
  );
}
