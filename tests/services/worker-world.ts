import { randomBytes, randomUUID } from "node:crypto";
import { sealWebhookSecret } from "@purlin/kit/webhook-secrets";
import { newWebhookSecret } from "@purlin/kit/webhook-signature";
import { startDaemons, type Daemons } from "./daemons.ts";
import { createDatabase, ownerUrl, postgresEnv } from "./databases.ts";
import { startIssuer, type TestIssuer } from "./issuer.ts";
import { migrateService, startService, type RunningService } from "./service.ts";
import { createOrganisation, createSubject } from "./tenants.ts";

/** The worker as it is run, over real daemons and the API's tables. */
export interface WorkerWorld extends AsyncDisposable {
  daemons: Daemons;
  issuer: TestIssuer;
  env: Record<string, string>;
  /** A subject and its organisation. */
  tenant: (name: string) => Promise<{ subjectId: string; organisationId: string }>;
  start: (instance: string, settings?: Record<string, string>) => Promise<RunningService>;
  webhook: (organisationId: string, url: string, events: string[]) => Promise<{ id: string; secret: string }>;
  sql: (text: string) => Promise<Record<string, unknown>[]>;
}

export async function startWorkerWorld(): Promise<WorkerWorld> {
  const release = new AsyncDisposableStack();
  const daemons = await startDaemons(["replica", "storage"]);
  release.defer(daemons.stop);
  await createDatabase(daemons, "app");
  for (const service of ["api", "worker"] as const) {
    await migrateService(service, { POSTGRES_OWNER_URL: ownerUrl(daemons, "app") });
  }
  const issuer = release.use(await startIssuer());
  const key = randomBytes(32);
  const redis = `redis://127.0.0.1:${daemons.redis.port}`;
  const env = {
    ...issuer.env,
    ...postgresEnv(daemons, "app"),
    POSTGRES_REPLICA_URLS: "",
    REDIS_CACHE_URL: redis,
    REDIS_QUEUE_URL: redis,
    REDIS_KEY_PREFIX: "worker:",
    WEBHOOK_SECRET_KEY: key.toString("base64"),
    WEBHOOK_ALLOW_LOOPBACK: "true",
    QUEUE_LOCK_SECONDS: "2",
    PUBLIC_URL: "https://platform.test/jobs",
  };
  const sql = (text: string) => daemons.sqlIn("app", text);
  return {
    daemons,
    issuer,
    env,
    sql,
    tenant: async (name) => {
      const subjectId = await createSubject(daemons, name);
      return { subjectId, organisationId: await createOrganisation(daemons, name, subjectId) };
    },
    start: (instance, settings = {}) => startService("worker", instance, { ...env, ...settings }),
    webhook: async (organisationId, url, events) => {
      const [id, secret] = [randomUUID(), newWebhookSecret()];
      await sql(
        `INSERT INTO webhooks (organisation_id, id, url, secret, events, created_by)
         SELECT '${organisationId}', '${id}', '${url}', '${sealWebhookSecret(key, id, secret)}', '{${events.join(",")}}', subject_id
         FROM access.members WHERE organisation_id = '${organisationId}' LIMIT 1`,
      );
      return { id, secret };
    },
    [Symbol.asyncDispose]: () => release.disposeAsync(),
  };
}
