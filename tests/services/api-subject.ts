import { randomUUID } from "node:crypto";
import { startWorld, type World } from "./api-data-world.ts";
import { apiOperations } from "./api-operations.ts";
import type { AccessSubject } from "./openapi-access.ts";
import { readDocument } from "./openapi-document.ts";
import { createSubject, setRole } from "./tenants.ts";

/** The API with what its generated tests need: no limit on requests, and callers of every kind. */
export async function startSubject(
  settings: Record<string, string> = {},
): Promise<{ world: World; subject: AccessSubject }> {
  // without a replica, which may be behind: what is made is there
  const world = await startWorld({ RATE_LIMITS: unlimited, POSTGRES_REPLICA_URLS: "", ...settings });
  const { api, ours, theirs, issuer, daemons } = world;
  const powerless = await createSubject(daemons, "Powerless");
  await daemons.sqlIn(
    "app",
    `INSERT INTO access.roles (organisation_id, key, name, permissions) VALUES ('${ours.organisationId}', 'nothing', 'Nothing', '{}')`,
  );
  await setRole(daemons, ours.organisationId, powerless, "nothing");
  const sibling = async (path: string, body: object) => {
    const answer = await ours.owner.send("POST", path, body);
    return ((await answer.json()) as { id: string }).id;
  };
  const subject: AccessSubject = {
    url: api.url,
    document: readDocument(await (await fetch(`${api.url}/openapi.json`)).json()),
    fixtures: apiOperations(world),
    owner: ours.owner.headers,
    powerless: () => issuer.bearer(powerless),
    viewer: ours.viewer.headers,
    stranger: theirs.owner.headers,
    strangersOrganisation: theirs.organisationId,
    siblings: {
      projectId: await sibling("/projects", { key: "OTHER", name: `other ${randomUUID()}` }),
      taskId: ours.taskId,
      webhookId: await sibling("/webhooks", { url: "https://example.com/other", events: ["task.created"] }),
    },
    fingerprint: () => fingerprint(world),
  };
  return { world, subject };
}

/** RATE_LIMITS that nobody reaches. */
export const unlimited = JSON.stringify(
  Object.fromEntries(["public", "read", "write"].map((kind) => [kind, { limit: 1e9, window: 60 }])),
);

/** Of every row of the domain, and of what was told of them. */
async function fingerprint({ daemons, ours }: World): Promise<string> {
  const tables = await daemons.sqlIn(
    "app",
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.columns
     WHERE column_name = 'organisation_id' AND table_schema IN ('public', 'platform') AND table_name NOT LIKE '%view%'
     ORDER BY 1`,
  );
  const parts = tables.map(
    ({ name }) =>
      `SELECT '${String(name)}' || md5(string_agg(t::text, '' ORDER BY t::text)) AS part FROM ${String(name)} t WHERE organisation_id = '${ours.organisationId}'`,
  );
  const rows = await daemons.sqlIn("app", parts.join(" UNION ALL "));
  return rows.map(({ part }) => String(part)).join();
}
