import { randomBytes } from "node:crypto";
import { hashSync } from "@node-rs/argon2";
import { argon2 } from "../../services/auth/src/accounts/argon2.ts";
import { passwordThreads as threads } from "../../services/auth/src/accounts/settings.ts";
import { createDatabase, ownerUrl, serviceUrl } from "../../tests/services/databases.ts";
import { startDaemons, type Daemons } from "../../tests/services/daemons.ts";
import { migrateService } from "../../tests/services/service.ts";
import { createSubject } from "../../tests/services/tenants.ts";
import { interleave, Series } from "../measure.ts";
import { compare, type Figure } from "../report.ts";
import { sendLoad } from "../support/load-spec.ts";
import { runScript, startInstance, type Contestant } from "./process.ts";
import type { CeilingSettings } from "./sign-in-ceiling.ts";
import type { SignInLoad } from "./sign-in-load.ts";

const issuer = "https://platform.test/auth";
const password = "plum-tiger-violin-91";
const seconds = 3;

/** What everybody else may ask meanwhile: far from what the machine can do. */
const others = { connections: 4, seconds, rate: 200 };

/** Sign-ins by password against argon2id alone on as many threads as the service gives it, and how others fare meanwhile. */
export async function benchSignIn(rounds: number): Promise<Figure[]> {
  await using release = new AsyncDisposableStack();
  const daemons = await startDaemons(["replica", "storage"]);
  release.defer(daemons.stop);
  const { url } = release.use(await startAuth(daemons));
  const load = { url, issuer, password, emails: await createUsers(daemons, 8 * threads) };
  const [signIns, ceiling] = [new Series("sign-ins"), new Series("argon2id alone, on as many threads")];
  const [during, without] = [new Series("during sign-ins"), new Series("when nobody signs in")];
  const flood = (begun?: () => void, time = seconds) =>
    runScript("sign-in-load.ts", { ...load, seconds: time } satisfies SignInLoad, ["rate"], begun);
  const ask = () => sendLoad({ ...others, urls: [`${url}/.well-known/openid-configuration`] });
  await flood();
  await interleave(rounds, [
    async () => {
      const settings = { threads, seconds } satisfies CeilingSettings;
      ceiling.add((await runScript("sign-in-ceiling.ts", settings, ["rate"])).rate);
    },
    async () => signIns.add((await flood()).rate),
    async () => without.add((await ask()).p99),
    async () => {
      const asked = Promise.withResolvers<number>();
      const flooded = flood(() => void ask().then(({ p99 }) => asked.resolve(p99), asked.reject), seconds + 1);
      during.add((await Promise.all([asked.promise, flooded]))[0]);
    },
  ]);
  return [
    compare({ what: "Sign-ins by password", unit: "sign-ins/s", target: 0.9, bound: "at least" }, signIns, ceiling),
    compare(
      { what: "Other requests to the auth service during sign-ins: 99 in 100 within", unit: "ms" },
      during,
      without,
    ),
  ];
}

async function startAuth(daemons: Daemons): Promise<Contestant> {
  await createDatabase(daemons, "auth");
  await createDatabase(daemons, "app");
  await migrateService("auth", {
    POSTGRES_OWNER_URL: ownerUrl(daemons, "auth"),
    POSTGRES_APP_OWNER_URL: ownerUrl(daemons, "app"),
  });
  return startInstance("auth", "auth-1", {
    PUBLIC_URL: issuer,
    PLATFORM_URL: new URL(issuer).origin,
    POSTGRES_PRIMARY_URL: serviceUrl(daemons, "auth"),
    POSTGRES_APP_PRIMARY_URL: serviceUrl(daemons, "app"),
    REDIS_CACHE_URL: `redis://127.0.0.1:${daemons.redis.port}`,
    REDIS_KEY_PREFIX: "auth:",
    AUTH_SECRET: randomBytes(32).toString("base64"),
    SMTP_URL: "smtp://127.0.0.1:1",
    MAIL_FROM: "bench@example.com",
  });
}

/** People with the password, as both databases know those who have confirmed their address. */
async function createUsers(daemons: Daemons, count: number): Promise<string[]> {
  const hash = hashSync(password, argon2);
  const emails: string[] = [];
  for (let n = 0; n < count; n++) {
    const id = await createSubject(daemons, `Person ${n}`);
    const email = `person-${n}@example.com`;
    emails.push(email);
    await daemons.sqlIn(
      "auth",
      `INSERT INTO users (id, email, email_key, display_name, subject_version) VALUES ('${id}', '${email}', '${email}', 'Person', 1);
       INSERT INTO passwords (user_id, hash) VALUES ('${id}', '${hash}')`,
    );
  }
  return emails;
}
