import { randomBytes, randomUUID } from "node:crypto";
import { createDatabase, ownerUrl, postgresEnv } from "./databases.ts";
import { eventually, startDaemons, type Daemons } from "./daemons.ts";
import { startIssuer, type TestIssuer } from "./issuer.ts";
import { startMailCatcher, type MailCatcher } from "./mail-catcher.ts";
import { migrateService, startService, type RunningService } from "./service.ts";

/** Two instances of the auth service, and people who are signed in. */
export interface AccessWorld extends AsyncDisposable {
  daemons: Daemons;
  mail: MailCatcher;
  /** What another instance needs. */
  env: Record<string, string>;
  instances: readonly [RunningService, RunningService];
  /** Somebody new. With `permissions`, by way of an application that was given only those. */
  signIn: (name: string, permissions?: string[]) => Promise<Caller>;
  /** Resolves once the replica has what was written so far, for rows a test writes itself. */
  replicated: () => Promise<void>;
  /** Whoever this `authorization` stands for. */
  caller: (authorization: string) => Pick<Caller, "call">;
}

export interface Caller {
  id: string;
  email: string;
  call: (method: string, path: string, body?: unknown, options?: CallOptions) => Promise<Answer>;
  /** Of a request it sends by itself. */
  headers: () => Promise<Record<string, string>>;
}

interface CallOptions {
  /** 1 is the first instance, which is asked if not said. */
  on?: 1 | 2;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown> & { items: Record<string, unknown>[] };
}

/** `settings` are the service's own, beside what it needs. People come from an issuer the service trusts: the tests are about rights, not about signing in. */
export async function startAccessWorld(settings: Record<string, string> = {}): Promise<AccessWorld> {
  const release = new AsyncDisposableStack();
  try {
    const daemons = await startDaemons(["storage"]);
    release.defer(daemons.stop);
    const mail = release.use(await startMailCatcher());
    const people = release.use(await startIssuer());
    const applications = release.use(await startIssuer());
    await createDatabase(daemons, "auth");
    await createDatabase(daemons, "app");
    await migrateService("auth", {
      POSTGRES_OWNER_URL: ownerUrl(daemons, "auth"),
      POSTGRES_APP_OWNER_URL: ownerUrl(daemons, "app"),
    });
    const env = { ...environment(daemons, mail), TRUSTED_ISSUERS: trust(people, applications), ...settings };
    const instances = [
      release.use(await startService("auth", "auth-1", env)),
      release.use(await startService("auth", "auth-2", env)),
    ] as const;
    return {
      ...clients(instances, people, applications),
      daemons,
      mail,
      env,
      instances,
      replicated: () => replicated(daemons),
      [Symbol.asyncDispose]: () => release.disposeAsync(),
    };
  } catch (error) {
    await release.disposeAsync();
    throw error;
  }
}

async function replicated(daemons: Daemons): Promise<void> {
  const [row] = await daemons.sql("primary", "SELECT pg_current_wal_lsn()::text AS lsn");
  await eventually(async () => {
    const behind = `SELECT pg_last_wal_replay_lsn() >= '${String(row?.["lsn"])}' AS there`;
    if ((await daemons.sql("replica", behind))[0]?.["there"] !== true) throw new Error("the replica is behind");
  });
}

function environment(daemons: Daemons, mail: MailCatcher): Record<string, string> {
  return {
    PUBLIC_URL: "https://platform.test/auth",
    PLATFORM_URL: "https://platform.test",
    ...postgresEnv(daemons, "auth"),
    ...postgresEnv(daemons, "app", "POSTGRES_APP"),
    REDIS_CACHE_URL: `redis://127.0.0.1:${daemons.redis.port}`,
    REDIS_KEY_PREFIX: "auth:",
    AUTH_SECRET: randomBytes(32).toString("base64"),
    SMTP_URL: mail.url,
    MAIL_FROM: "test@example.com",
    PASSWORD_THREADS: "1",
  };
}

function trust(people: TestIssuer, applications: TestIssuer): string {
  const settings = ({ url, audience }: TestIssuer) => ({ issuer: url, audience, algorithms: ["ES256"] });
  return JSON.stringify([settings(people), { ...settings(applications), claims: { permissions: "permissions" } }]);
}

function clients(
  instances: readonly [RunningService, RunningService],
  people: TestIssuer,
  applications: TestIssuer,
): Pick<AccessWorld, "signIn" | "caller"> {
  /** Everybody has seen what anybody wrote: what a test waits for is rights, not replication. */
  let seen: string | null = null;
  const call = async (
    authorization: string,
    method: string,
    path: string,
    body: unknown,
    options: CallOptions = {},
  ) => {
    const answer = await fetch((options.on === 2 ? instances[1] : instances[0]).url + path, {
      method,
      headers: {
        authorization,
        ...(seen !== null && { "x-consistency-token": seen }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...options.headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    seen = answer.headers.get("x-consistency-token") ?? seen;
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: (text === "" ? {} : JSON.parse(text)) as Answer["body"],
    };
  };
  const caller = (authorization: string): Pick<Caller, "call"> => ({
    call: (method, path, body, options) => call(authorization, method, path, body, options),
  });
  return {
    caller,
    signIn: async (name, permissions) => {
      const external = randomUUID();
      const email = `${name.toLowerCase()}-${external.slice(0, 8)}@example.com`;
      const claims = { sub: external, name, email, email_verified: true, permissions };
      const sign = async () => `Bearer ${await (permissions ? applications : people).sign(claims)}`;
      const signed = caller(await sign());
      const { status, body } = await signed.call("GET", "/me");
      if (status !== 200) throw new Error(`${name} cannot sign in: ${JSON.stringify(body)}`);
      return {
        ...signed,
        headers: async () => ({ authorization: await sign() }),
        id: String(body["subjectId"]),
        email,
      };
    },
  };
}
