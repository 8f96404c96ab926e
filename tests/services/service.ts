import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { freePort } from "../harness/free-port.ts";
import { eventually } from "./daemons.ts";

const services = join(import.meta.dirname, "../../services");

type ServiceName = "auth" | "api" | "realtime" | "worker";

/** A running instance of a service: the real process, from source. */
export interface RunningService extends AsyncDisposable {
  url: string;
  internalUrl: string;
  pid: number;
  /** JSON lines it wrote so far. */
  logs: () => Record<string, unknown>[];
  /** Sends the signal and resolves with the exit code, null for one that was killed. */
  stop: (signal?: NodeJS.Signals) => Promise<number | null>;
  readiness: () => Promise<Readiness>;
}

interface Readiness {
  code: number;
  status: string;
  checks: Record<string, { ok: boolean }>;
}

/** Runs a service's own migration; rejects with what it wrote when it fails. */
export async function migrateService(service: ServiceName, env: Record<string, string>): Promise<void> {
  const child = run(service, "src/migrate.ts", env);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await once(child, "exit");
  if (child.exitCode !== 0) throw new Error(`migration of ${service} failed:\n${output}`);
}

/**
 * Starts one instance and waits until it listens. `env` is what the service needs beside its name and ports.
 * @throws Error with what it wrote when it exits instead.
 */
export async function startService(
  service: ServiceName,
  instance: string,
  env: Record<string, string>,
  at: { port?: number } = {},
): Promise<RunningService> {
  const [port, internalPort] = [at.port ?? (await freePort()), await freePort()];
  const own = {
    SERVICE_NAME: service,
    SERVICE_INSTANCE: instance,
    PORT: String(port),
    INTERNAL_PORT: String(internalPort),
  };
  const child = run(service, "src/server.ts", { ...own, ...env });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const internalUrl = `http://127.0.0.1:${internalPort}`;
  const readiness = async () => {
    const answer = await fetch(`${internalUrl}/readyz`);
    const body = (await answer.json()) as { status: string; checks: Record<string, { ok: boolean }> };
    return { code: answer.status, ...body };
  };
  await eventually(readiness, () => {
    if (child.exitCode !== null) throw new Error(`${service} exited with ${child.exitCode}:\n${out}${err}`);
  });
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
    return child.exitCode;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    internalUrl,
    pid: child.pid ?? 0,
    logs: () => out.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>])),
    stop,
    readiness,
    [Symbol.asyncDispose]: async () => {
      await stop("SIGKILL");
    },
  };
}

function run(service: ServiceName, script: string, env: Record<string, string>) {
  const args = ["--conditions=source", "--disable-warning=ExperimentalWarning", script];
  return spawn(process.execPath, args, { cwd: join(services, service), env, stdio: ["ignore", "pipe", "pipe"] });
}
