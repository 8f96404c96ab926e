import { randomUUID } from "node:crypto";
import { createDatabase, ownerUrl, postgresEnv, serviceUrl } from "../../tests/services/databases.ts";
import { startDaemons } from "../../tests/services/daemons.ts";
import { startIssuer } from "../../tests/services/issuer.ts";
import { migrateService } from "../../tests/services/service.ts";
import { createOrganisation, createSubject } from "../../tests/services/tenants.ts";
import { interleave, Series } from "../measure.ts";
import { compare, type Figure } from "../report.ts";
import type { BareFanOutSettings } from "./fan-out-bare.ts";
import type { FanOutLoad } from "./fan-out-load.ts";
import { runScript, startInstance, startScript } from "./process.ts";

const clients = 200;
const events = 500;

/** Events told to many clients of one project over two instances, against two socket.io servers that are told them directly. */
export async function benchFanOut(rounds: number): Promise<Figure[]> {
  await using release = new AsyncDisposableStack();
  const daemons = await startDaemons(["replica", "storage"]);
  release.defer(daemons.stop);
  const issuer = release.use(await startIssuer());
  await createDatabase(daemons, "app");
  for (const service of ["api", "realtime"] as const) {
    await migrateService(service, { POSTGRES_OWNER_URL: ownerUrl(daemons, "app") });
  }
  const redis = `redis://127.0.0.1:${daemons.redis.port}`;
  const env = {
    ...issuer.env,
    ...postgresEnv(daemons, "app"),
    POSTGRES_REPLICA_URLS: "",
    REDIS_CACHE_URL: redis,
    REDIS_KEY_PREFIX: "realtime:",
    PUBLIC_URL: "https://platform.test/realtime",
    CONNECTIONS_PER_SUBJECT: String(clients),
  };
  const pair = [1, 2] as const;
  const realtime = await Promise.all(pair.map((n) => startInstance("realtime", `realtime-${n}`, env)));
  const bare = await Promise.all(
    pair.map(() => startScript("fan-out-bare.ts", { redis } satisfies BareFanOutSettings)),
  );
  for (const one of [...realtime, ...bare]) release.use(one);

  const subject = await createSubject(daemons, "Ada");
  const organisationId = await createOrganisation(daemons, "Ours", subject);
  const projectId = randomUUID();
  await daemons.sqlIn(
    "app",
    `INSERT INTO projects (organisation_id, id, key, name, created_by)
     VALUES ('${organisationId}', '${projectId}', 'PLAN', 'Plan', '${subject}')`,
  );
  const contestant = (label: string, urls: string[], source: FanOutLoad["source"]) => {
    const [rate, delay] = [new Series(label), new Series(label)];
    const measure = async () => {
      const tokens = [await issuer.sign({ sub: subject })];
      const load: FanOutLoad = { urls, source, clients, events, organisationId, projectId, tokens };
      const figures = await runScript("fan-out-load.ts", load, ["rate", "delay"]);
      rate.add(figures.rate);
      delay.add(figures.delay);
    };
    return { rate, delay, measure };
  };
  const urlsOf = (some: readonly { url: string }[]) => some.map(({ url }) => url);
  const ours = contestant("realtime", urlsOf(realtime), { postgres: serviceUrl(daemons, "app") });
  const other = contestant("socket.io and its Redis adapter, told directly", urlsOf(bare), {
    bare: bare[0]?.url ?? "",
  });
  await interleave(rounds, [ours.measure, other.measure]);
  const to = `to ${clients} clients over two instances`;
  return [
    compare(
      { what: `Events ${to}, from the outbox`, unit: "events/s", target: 0.95, bound: "at least" },
      ours.rate,
      other.rate,
    ),
    compare({ what: `Median delay of an event ${to}`, unit: "ms" }, ours.delay, other.delay),
  ];
}
