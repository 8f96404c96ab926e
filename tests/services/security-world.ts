import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as forward } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bucket } from "./api-data-world.ts";
import { createBucket, storageEnv } from "./buckets.ts";
import { createCertificate } from "./certificate.ts";
import { createDatabase, ownerUrl, postgresEnv } from "./databases.ts";
import { startDaemons, type Daemons } from "./daemons.ts";
import { startMailCatcher, type MailCatcher } from "./mail-catcher.ts";
import { migrateService, startService, type RunningService } from "./service.ts";

/*
 * All four services as the platform runs them, one instance each, with tokens that the real auth service issues and the others
 * verify by its keys over TLS.
 */
export const serviceNames = ["auth", "api", "worker", "realtime"] as const;

export type Name = (typeof serviceNames)[number];

export interface SecurityWorld extends AsyncDisposable {
  daemons: Daemons;
  mail: MailCatcher;
  services: Record<Name, RunningService>;
  /** `https://localhost:<port>`, the origin of everything. */
  origin: string;
  /** Secrets of the settings: none of them may ever be seen. */
  secrets: string[];
  /** A request to an address below `origin`, as the gateway passes it on. Redirects are not followed. */
  fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
}

const paths: Record<string, Name> = { auth: "auth", api: "api", jobs: "worker", realtime: "realtime" };

/** `settings` are for every service. */
export async function startSecurityWorld(settings: Record<string, string> = {}): Promise<SecurityWorld> {
  const release = new AsyncDisposableStack();
  try {
    const daemons = await startDaemons(["replica"]);
    release.defer(daemons.stop);
    const mail = release.use(await startMailCatcher());
    const gateway = release.use(await startGateway());
    await Promise.all([
      createDatabase(daemons, "auth").then(() => createDatabase(daemons, "app")),
      createBucket(daemons, bucket),
    ]);
    await migrateAll(daemons);
    const keys = { auth: newKey(), webhooks: newKey(), board: newKey() };
    const env = environments(daemons, mail, gateway, keys);
    const start = async (name: Name) =>
      release.use(await startService(name, `${name}-1`, { ...env[name], ...settings }));
    const services = {
      auth: await start("auth"),
      api: await start("api"),
      worker: await start("worker"),
      realtime: await start("realtime"),
    };
    gateway.lead(services.auth.url);
    return {
      ...{ daemons, mail, services, origin: gateway.origin, secrets: Object.values(keys) },
      fetch: passOn(gateway.origin, services),
      [Symbol.asyncDispose]: () => release.disposeAsync(),
    };
  } catch (error) {
    await release.disposeAsync();
    throw error;
  }
}

function newKey(): string {
  return randomBytes(32).toString("base64");
}

async function migrateAll(daemons: Daemons): Promise<void> {
  const app = ownerUrl(daemons, "app");
  await migrateService("auth", { POSTGRES_OWNER_URL: ownerUrl(daemons, "auth"), POSTGRES_APP_OWNER_URL: app });
  for (const service of ["api", "worker", "realtime"] as const)
    await migrateService(service, { POSTGRES_OWNER_URL: app });
}

function environments(
  daemons: Daemons,
  mail: MailCatcher,
  { origin, caFile }: Gateway,
  keys: { auth: string; webhooks: string; board: string },
) {
  const redis = `redis://127.0.0.1:${daemons.redis.port}`;
  const primary = (database: string, prefix: string) => {
    const name = `${prefix}_PRIMARY_URL`;
    return { [name]: postgresEnv(daemons, database, prefix)[name] ?? "" };
  };
  const of = (name: Name, path: string) => ({
    PLATFORM_URL: origin,
    PUBLIC_URL: `${origin}/${path}`,
    NODE_EXTRA_CA_CERTS: caFile,
    REDIS_CACHE_URL: redis,
    REDIS_KEY_PREFIX: `${name}:`,
    ...primary(name === "auth" ? "auth" : "app", "POSTGRES"),
  });
  const webhooks = { WEBHOOK_SECRET_KEY: keys.webhooks, WEBHOOK_ALLOW_LOOPBACK: "true" };
  const board = { BOARD_KEY: keys.board, OPERATORS: "00000000-0000-4000-8000-000000000001" };
  return {
    auth: {
      ...{ ...of("auth", "auth"), ...primary("app", "POSTGRES_APP"), AUTH_SECRET: keys.auth },
      ...{ SMTP_URL: mail.url, MAIL_FROM: "Purlin <no-reply@platform.test>", PASSWORD_THREADS: "1" },
    },
    api: { ...of("api", "api"), ...storageEnv(daemons, bucket), ...webhooks },
    worker: { ...of("worker", "jobs"), ...webhooks, ...board, REDIS_QUEUE_URL: redis },
    realtime: of("realtime", "realtime"),
  };
}

interface Gateway extends AsyncDisposable {
  origin: string;
  /** What its clients have to trust. */
  caFile: string;
  lead: (authUrl: string) => void;
}

/** The way of other services to the auth service: TLS, and the prefix taken off. */
async function startGateway(): Promise<Gateway> {
  const certificate = await createCertificate();
  const dir = mkdtempSync(join(tmpdir(), "purlin-security-"));
  const caFile = join(dir, "ca.pem");
  writeFileSync(caFile, certificate.cert);
  let target = "";
  const server = createServer(certificate, (request, response) => {
    forward(target + (request.url ?? "").replace(/^\/auth/, ""), (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    }).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    caFile,
    lead: (authUrl) => (target = authUrl),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      rmSync(dir, { recursive: true });
    },
  };
}

/** Sends a request where the gateway would, with the headers it would write. */
function passOn(origin: string, services: Record<Name, RunningService>): SecurityWorld["fetch"] {
  return (address, init = {}) => {
    const { pathname, search } = new URL(address, origin);
    const [, prefix = "", rest = ""] = /^\/(\w+)(.*)$/.exec(pathname) ?? [];
    const name = paths[prefix];
    if (!name) throw new Error(`nothing is at ${pathname}`);
    const headers = new Headers(init.headers);
    headers.set("x-forwarded-proto", "https");
    headers.set("x-forwarded-host", new URL(origin).host);
    headers.set("x-forwarded-prefix", `/${prefix}`);
    if (!headers.has("x-forwarded-for")) headers.set("x-forwarded-for", "203.0.113.1");
    return fetch(services[name].url + (rest || "/") + search, { redirect: "manual", ...init, headers });
  };
}
