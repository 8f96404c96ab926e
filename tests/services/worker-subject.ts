import { unlimited } from "./api-subject.ts";
import type { AccessSubject } from "./openapi-access.ts";
import { readDocument } from "./openapi-document.ts";
import type { RunningService } from "./service.ts";
import { createSubject, setRole } from "./tenants.ts";
import { workerOperations } from "./worker-operations.ts";
import { startWorkerWorld, type WorkerWorld } from "./worker-world.ts";

/** The worker with what its generated tests need: no limit on requests, and callers of every kind. */
export async function startWorkerSubject(): Promise<
  { world: WorkerWorld; worker: RunningService; subject: AccessSubject } & AsyncDisposable
> {
  await using release = new AsyncDisposableStack();
  const world = release.use(await startWorkerWorld());
  const { daemons, issuer, sql } = world;
  const [ours, theirs] = [await world.tenant("Ours"), await world.tenant("Theirs")];
  const [viewer, powerless] = [await createSubject(daemons, "Viewer"), await createSubject(daemons, "Powerless")];
  await sql(
    `INSERT INTO access.roles (organisation_id, key, name, permissions) VALUES ('${ours.organisationId}', 'nothing', 'Nothing', '{}')`,
  );
  await setRole(daemons, ours.organisationId, viewer, "viewer");
  await setRole(daemons, ours.organisationId, powerless, "nothing");
  const worker = release.use(await world.start("worker-1", { RATE_LIMITS: unlimited }));
  const { url } = worker;
  const subject: AccessSubject = {
    url,
    document: readDocument(await (await fetch(`${url}/openapi.json`)).json()),
    fixtures: workerOperations(world, ours.organisationId),
    owner: () => issuer.bearer(ours.subjectId),
    powerless: () => issuer.bearer(powerless),
    viewer: () => issuer.bearer(viewer),
    stranger: () => issuer.bearer(theirs.subjectId),
    strangersOrganisation: theirs.organisationId,
    siblings: {},
    fingerprint: () => fingerprint(world),
  };
  const held = release.move();
  return { world, worker, subject, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Of what a request can change: dead letters, and what was written down of them. What is alive the worker itself changes. */
async function fingerprint({ sql }: WorkerWorld): Promise<string> {
  const [row] = await sql(
    `SELECT concat((SELECT md5(string_agg(j::text, '' ORDER BY id)) FROM jobs.jobs j WHERE state = 'dead'), ' ',
       (SELECT count(*) FROM platform.audit_events)) AS all`,
  );
  return String(row?.["all"]);
}
