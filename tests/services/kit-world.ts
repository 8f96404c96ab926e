import { createAuthenticator } from "@purlin/kit/authenticator";
import type { TrustedIssuer } from "@purlin/kit/authenticator-settings";
import type { Authenticator, Credentials } from "@purlin/kit/identity";
import { createLogger } from "@purlin/kit/logger";
import { createMetrics, type Metrics } from "@purlin/kit/metrics";
import { migrate } from "@purlin/kit/migrations";
import { createDatabase as connect, type Database } from "@purlin/kit/postgres";
import { Problem } from "@purlin/kit/problems";
import { createRedis } from "@purlin/kit/redis";
import { createDatabase, ownerUrl, serviceUrl } from "./databases.ts";
import type { Daemons } from "./daemons.ts";

export const logger = createLogger({ service: "test", instance: "test-1", level: "silent" });

/** The app database with the schema all services share, and nothing in it. */
export async function prepareAccess(daemons: Daemons): Promise<void> {
  await createDatabase(daemons, "app");
  const folder = new URL("../../services/kit/src/migrations", import.meta.url);
  await migrate({ ownerUrl: ownerUrl(daemons, "app"), folder, table: "kit_migrations", logger });
}

/** One instance's authenticator with connections of its own. */
export interface TestAuthenticator extends Authenticator, AsyncDisposable {
  db: Database;
  metrics: Metrics;
}

export function startAuthenticator(daemons: Daemons, issuers: TrustedIssuer[]): TestAuthenticator {
  const metrics = createMetrics("test", "0");
  const nodes = {
    POSTGRES_PRIMARY_URL: serviceUrl(daemons, "app"),
    POSTGRES_REPLICA_URLS: [serviceUrl(daemons, "app", "replica")],
  };
  const db = connect(nodes, logger, metrics, "test");
  const redis = createRedis(`redis://127.0.0.1:${daemons.redis.port}`, "test:", logger);
  return {
    ...createAuthenticator({ db, redis, issuers, logger, metrics }),
    db,
    metrics,
    [Symbol.asyncDispose]: async () => {
      redis.disconnect();
      await db.close();
    },
  };
}

/** A request with this `authorization`, and whatever else matters. */
export function request(authorization: string | undefined, more: Partial<Credentials> = {}): Credentials {
  return { authorization, dpop: undefined, method: "GET", url: "https://platform.test/api/me", ...more };
}

/** The problem that `attempt` ends with. @throws Error when it does not end with one */
export async function problemOf(attempt: Promise<unknown>): Promise<Problem> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("it was not refused");
}
