import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { createLogger } from "@purlin/kit/logger";
import { migrateShared } from "@purlin/kit/migrations";
import type { Daemons } from "./daemons.ts";
import { createDatabase, ownerUrl, serviceUrl } from "./databases.ts";
import type { FixtureSettings } from "./worker-fixture.ts";

/** The database with the worker's schema, and tables in which test kinds leave their effects. */
export async function prepareWorker(daemons: Daemons): Promise<void> {
  await createDatabase(daemons, "app");
  await migrateShared({
    ownerUrl: ownerUrl(daemons, "app"),
    folder: new URL("../../services/worker/src/migrations", import.meta.url),
    table: "worker_migrations",
    logger: createLogger({ service: "test", instance: "test-1", level: "silent" }),
  });
  await daemons.sqlIn(
    "app",
    `CREATE TABLE public.effects (event_id bigint, job_id uuid NOT NULL, pid int NOT NULL, at timestamptz NOT NULL DEFAULT now());
     CREATE TABLE public.calls (job_id uuid NOT NULL, pid int NOT NULL);
     GRANT ALL ON public.effects, public.calls TO app_service`,
  );
}

/** A worker with test kinds, in a process of its own. */
export interface WorkerProcess extends AsyncDisposable {
  pid: number;
  running: () => boolean;
  stop: (signal: NodeJS.Signals) => Promise<number | null>;
  freeze: () => void;
  thaw: () => void;
  log: () => string;
}

export async function startWorkerProcess(
  daemons: Daemons,
  settings: Partial<FixtureSettings> = {},
): Promise<WorkerProcess> {
  const all: FixtureSettings = {
    postgres: serviceUrl(daemons, "app"),
    redis: `redis://127.0.0.1:${daemons.redis.port}`,
    lockTime: 2_000,
    concurrency: 8,
    finishTime: 2_000,
    patience: 2,
    ...settings,
  };
  const script = join(import.meta.dirname, "worker-fixture.ts");
  const args = ["--conditions=source", "--disable-warning=ExperimentalWarning", script, JSON.stringify(all)];
  const child: ChildProcess = spawn(process.execPath, args, { env: {}, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stdout?.on("data", (chunk: Buffer) => (log = (log + chunk.toString()).slice(-20_000)));
  child.stderr?.on("data", (chunk: Buffer) => (log = (log + chunk.toString()).slice(-20_000)));
  await Promise.race([once(child.stdout ?? child, "data"), once(child, "exit")]);
  if (child.exitCode !== null) throw new Error(`the worker exited:\n${log}`);
  const running = () => child.exitCode === null && child.signalCode === null;
  const stop = async (signal: NodeJS.Signals) => {
    if (!running()) return child.exitCode;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
    return child.exitCode;
  };
  return {
    pid: child.pid ?? 0,
    running,
    stop,
    freeze: () => child.kill("SIGSTOP"),
    thaw: () => child.kill("SIGCONT"),
    log: () => log,
    [Symbol.asyncDispose]: async () => {
      await stop("SIGKILL");
    },
  };
}

/** Writes events straight into the outbox, as a service's transaction does. */
export async function emitEvents(
  daemons: Daemons,
  type: string,
  count: number,
  { organisation = randomUUID(), payload = {} }: { organisation?: string; payload?: object } = {},
): Promise<void> {
  await daemons.sqlIn(
    "app",
    `INSERT INTO platform.outbox (organisation_id, type, entity_id, payload)
     SELECT '${organisation}', '${type}', gen_random_uuid(), '${JSON.stringify(payload)}' FROM generate_series(1, ${count})`,
  );
}
