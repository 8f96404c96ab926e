import { randomBytes, randomUUID } from "node:crypto";
import { createLogger } from "@purlin/kit/logger";
import { createMetrics, type Metrics } from "@purlin/kit/metrics";
import { createDatabase as connect, type Database } from "@purlin/kit/postgres";
import { Problem } from "@purlin/kit/problems";
import { createRedis } from "@purlin/kit/redis";
import { requestContext } from "@purlin/kit/request-context";
import { startAccounts } from "../../services/auth/src/accounts/accounts.ts";
import { confirmRegistration, register } from "../../services/auth/src/accounts/registration.ts";
import type { AccountServices } from "../../services/auth/src/accounts/services.ts";
import type { User } from "../../services/auth/src/accounts/users.ts";
import { createDatabase, ownerUrl, serviceUrl } from "./databases.ts";
import { startDaemons, type Daemons } from "./daemons.ts";
import { startMailCatcher, type MailCatcher } from "./mail-catcher.ts";
import { migrateService } from "./service.ts";

/*
 * The functions about accounts on real daemons, without the pages and the provider around them. Sessions are a list of
 * what was ended; tests/services/auth-accounts-browser.integration.test.ts has the real ones.
 */
export interface World extends AsyncDisposable {
  daemons: Daemons;
  mail: MailCatcher;
  /** Instances of the service's inside. */
  instances: Instance[];
  services: AccountServices;
  /** Rows of the auth database. */
  rows: (text: string) => Promise<Record<string, unknown>[]>;
  /** Rows of the database all services share. */
  appRows: (text: string) => Promise<Record<string, unknown>[]>;
}

interface Instance {
  services: AccountServices;
  metrics: Metrics;
  /** Accounts whose sessions were ended, and which was spared. */
  ended: { accountId: string; except: string | undefined }[];
  close: () => Promise<void>;
}

const issuer = "https://platform.test/auth";
export const goodPassword = "plum-tiger-violin-91";

export async function startWorld({ instances: count = 1, env = {} } = {}): Promise<World> {
  const daemons = await startDaemons(["replica", "storage"]);
  const release = new AsyncDisposableStack();
  release.defer(daemons.stop);
  try {
    await createDatabase(daemons, "auth");
    await createDatabase(daemons, "app");
    await migrateService("auth", {
      POSTGRES_OWNER_URL: ownerUrl(daemons, "auth"),
      POSTGRES_APP_OWNER_URL: ownerUrl(daemons, "app"),
    });
    const mail = release.use(await startMailCatcher());
    const key = randomBytes(32);
    const instances = Array.from({ length: count }, (_, index) =>
      startInstance(daemons, mail.url, key, `auth-${index + 1}`, env),
    );
    for (const instance of instances) release.defer(instance.close);
    const [first] = instances;
    if (!first) throw new Error("a world has an instance");
    return {
      ...{ daemons, mail, instances, services: first.services },
      rows: (text) => daemons.sqlIn("auth", text),
      appRows: (text) => daemons.sqlIn("app", text),
      [Symbol.asyncDispose]: () => release.disposeAsync(),
    };
  } catch (error) {
    await release.disposeAsync();
    throw error;
  }
}

function startInstance(
  daemons: Daemons,
  smtp: string,
  key: Buffer,
  name: string,
  env: { BREACHED_PASSWORDS_URL?: string },
): Instance {
  const logger = createLogger({ service: "auth", instance: name, level: "silent" });
  const metrics = createMetrics("auth", "0");
  const open = (database: string, registry: Metrics): Database =>
    connect({ POSTGRES_PRIMARY_URL: serviceUrl(daemons, database), POSTGRES_REPLICA_URLS: [] }, logger, registry, name);
  const [db, app] = [open("auth", metrics), open("app", { ...metrics, pool: () => undefined })];
  const redis = createRedis(`redis://127.0.0.1:${daemons.redis.port}`, "auth:", logger);
  const ended: Instance["ended"] = [];
  const accounts = startAccounts({
    ...{ db, app, redis, logger, metrics, key, publicUrl: issuer, lets: () => true },
    settings: {
      SMTP_URL: smtp,
      MAIL_FROM: "Purlin <no-reply@platform.test>",
      BRAND_NAME: "Purlin",
      PASSWORD_THREADS: 2,
      ...env,
    },
    sessions: {
      endAll: (accountId, options) => Promise.resolve(void ended.push({ accountId, except: options?.except })),
    },
  });
  const close = async () => {
    await accounts.close();
    redis.disconnect();
    await Promise.all([db.close(), app.close()]);
  };
  return { services: accounts.services, metrics, ended, close };
}

/** An address nobody else has. */
export function newEmail(name = "ada"): string {
  return `${name}-${randomUUID().slice(0, 8)}@example.com`;
}

/** As if `work` were done for a request from `address`; by default one nobody else has. */
export function from<T>(work: () => Promise<T>, address = randomAddress()): Promise<T> {
  return requestContext.run({ requestId: randomUUID(), address, userAgent: "test" }, work);
}

function randomAddress(): string {
  const [a = 0, b = 0, c = 0] = randomBytes(3);
  return `10.${a}.${b}.${c}`;
}

/** Signs somebody up and confirms their address with the mail they got. */
export async function signUp({ services, mail }: World, email = newEmail(), password = goodPassword): Promise<User> {
  const before = mail.mails.length;
  await from(() => register(services, { email, displayName: "Ada", password, interactionUid: randomUUID() }));
  const { link } = await mail.next(email, /Confirm your address/, before);
  const token = new URL(link("/register/confirm")).searchParams.get("token") ?? "";
  const confirmed = await confirmRegistration(services, { token, password });
  if (!confirmed) throw new Error("the registration cannot be confirmed");
  return confirmed.user;
}

/** The token of the latest mail with a link to `path`. */
export async function tokenFrom({ mail }: World, email: string, subject: RegExp, path: string): Promise<string> {
  return new URL((await mail.next(email, subject)).link(path)).searchParams.get("token") ?? "";
}

/** The problem that `attempt` ends with. @throws Error when it does not end with one */
export async function problemOf(attempt: Promise<unknown>): Promise<Problem> {
  const error = await attempt.then(
    () => new Error("it was not refused"),
    (reason: unknown) => reason,
  );
  if (error instanceof Problem) return error;
  throw error;
}
