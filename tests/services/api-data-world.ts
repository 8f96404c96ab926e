import { randomBytes } from "node:crypto";
import { createBucket, storageEnv } from "./buckets.ts";
import { startDaemons, type Daemons } from "./daemons.ts";
import { createDatabase, ownerUrl, postgresEnv } from "./databases.ts";
import { startIssuer, type TestIssuer } from "./issuer.ts";
import { migrateService, startService, type RunningService } from "./service.ts";
import { createOrganisation, createSubject, setRole } from "./tenants.ts";

/** The API over real daemons, with two organisations that know nothing of each other. */
export interface World extends AsyncDisposable {
  daemons: Daemons;
  issuer: TestIssuer;
  api: RunningService;
  /** What another instance needs. */
  env: Record<string, string>;
  ours: Tenant;
  theirs: Tenant;
}

export interface Tenant {
  organisationId: string;
  projectId: string;
  taskId: string;
  owner: Caller;
  /** May read and nothing else. */
  viewer: Caller;
}

export interface Caller {
  id: string;
  /** Sends a request of the organisation: `path` begins behind `/organisations/<id>`. */
  send: (method: string, path: string, body?: object | string, headers?: Record<string, string>) => Promise<Response>;
  headers: () => Promise<Record<string, string>>;
}

export const bucket = "attachments";

export async function startWorld(settings: Record<string, string> = {}): Promise<World> {
  const release = new AsyncDisposableStack();
  const daemons = await startDaemons();
  release.defer(daemons.stop);
  await Promise.all([createDatabase(daemons, "app"), createBucket(daemons, bucket)]);
  await migrateService("api", { POSTGRES_OWNER_URL: ownerUrl(daemons, "app") });
  const issuer = release.use(await startIssuer());
  const env = {
    ...issuer.env,
    ...postgresEnv(daemons, "app"),
    ...storageEnv(daemons, bucket),
    REDIS_CACHE_URL: `redis://127.0.0.1:${daemons.redis.port}`,
    REDIS_KEY_PREFIX: "api:",
    PUBLIC_URL: issuer.audience,
    WEBHOOK_SECRET_KEY: randomBytes(32).toString("base64"),
    GRAPHQL_INTROSPECTION: "true",
    CLEAN_UP_SECONDS: "0.5",
    ...settings,
  };
  const api = release.use(await startService("api", "api-1", env));
  const tenant = (name: string) => createTenant(daemons, issuer, api.url, name);
  return {
    daemons,
    issuer,
    api,
    env,
    ours: await tenant("Ours"),
    theirs: await tenant("Theirs"),
    [Symbol.asyncDispose]: () => release.disposeAsync(),
  };
}

async function createTenant(daemons: Daemons, issuer: TestIssuer, url: string, name: string): Promise<Tenant> {
  const [ownerId, viewerId] = [
    await createSubject(daemons, `${name}-owner`),
    await createSubject(daemons, `${name}-viewer`),
  ];
  const organisationId = await createOrganisation(daemons, name, ownerId);
  await setRole(daemons, organisationId, viewerId, "viewer");
  const caller = (id: string): Caller => ({
    id,
    headers: () => issuer.bearer(id),
    send: async (method, path, body, headers = {}) =>
      fetch(`${url}/organisations/${organisationId}${path}`, {
        method,
        headers: {
          ...(await issuer.bearer(id)),
          ...(isJson(body) && { "content-type": "application/json" }),
          ...headers,
        },
        ...(body !== undefined && { body: isJson(body) ? JSON.stringify(body) : body }),
      }),
  });
  const owner = caller(ownerId);
  const made = async (path: string, body: object) => {
    const answer = await owner.send("POST", path, body);
    if (answer.status !== 201) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as { id: string };
  };
  const project = await made("/projects", { key: "PLAN", name: `${name} project` });
  const task = await made(`/projects/${project.id}/tasks`, { title: `${name} task` });
  return { organisationId, projectId: project.id, taskId: task.id, owner, viewer: caller(viewerId) };
}

function isJson(body: unknown): body is object {
  return typeof body === "object" && !(body instanceof ReadableStream) && !Buffer.isBuffer(body);
}
