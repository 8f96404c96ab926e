import { startAccessWorld, type AccessWorld } from "./access-world.ts";
import { unlimited } from "./api-subject.ts";
import { authOperations, organisationOf } from "./auth-operations.ts";
import type { AccessSubject } from "./openapi-access.ts";
import { readDocument } from "./openapi-document.ts";
import { createOrganisation } from "./tenants.ts";

/** The auth service with what its generated tests need: no limit on requests, and callers of every kind. */
export async function startAuthSubject(): Promise<{ world: AccessWorld; subject: AccessSubject }> {
  // without replicas, which may be behind: what is made is there
  const world = await startAccessWorld({
    RATE_LIMITS: unlimited,
    POSTGRES_REPLICA_URLS: "",
    POSTGRES_APP_REPLICA_URLS: "",
  });
  const { daemons, instances, signIn } = world;
  const people = {
    owner: await signIn("Owner"),
    viewer: await signIn("Viewer"),
    powerless: await signIn("Powerless"),
    application: await signIn("Application", ["organisation:manage"]),
  };
  const stranger = await signIn("Stranger");
  const { url } = instances[0];
  return {
    world,
    subject: {
      url,
      document: readDocument(await (await fetch(`${url}/openapi.json`)).json()),
      fixtures: authOperations(world, people, await organisationOf(world, people)),
      owner: people.owner.headers,
      powerless: people.powerless.headers,
      viewer: people.viewer.headers,
      stranger: stranger.headers,
      strangersOrganisation: await createOrganisation(daemons, "Theirs", stranger.id),
      siblings: {},
      fingerprint: () => fingerprint(world),
    },
  };
}

/** Of every row about rights, and of what was told of them. When a key was last used is no change. */
async function fingerprint({ daemons }: AccessWorld): Promise<string> {
  const tables = ["organisations", "members", "roles", "invitations", "service_accounts", "api_keys"];
  const parts = [...tables.map((name) => `access.${name}`), "platform.outbox", "platform.audit_events"].map(
    (name) =>
      `SELECT '${name}' || md5(string_agg(row::text, '' ORDER BY row::text)) AS part FROM (SELECT to_jsonb(t) - 'last_used_at' AS row FROM ${name} t)`,
  );
  const rows = await daemons.sqlIn("app", parts.join(" UNION ALL "));
  return rows.map(({ part }) => String(part)).join();
}
