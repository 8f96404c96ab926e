import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import pg from "pg";
import { executable, type Tool } from "../../toolchain/tool.ts";
import { freePort } from "../harness/free-port.ts";
import { machineTools } from "../harness/tools.ts";

/** Postgres refuses to run as root; the rest follows it. Undefined: as whoever runs the tests. */
const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** A real daemon under test: it can be killed and brought back on the same port and data. */
interface Daemon {
  port: number;
  start: () => Promise<void>;
  /** SIGKILL, and gone when this resolves. */
  kill: () => Promise<void>;
  /** SIGSTOP: it accepts connections and answers nothing, until `thaw`. */
  freeze: () => void;
  thaw: () => void;
}

export interface Daemons {
  primary: Daemon;
  replica: Daemon;
  redis: Daemon;
  storage: Daemon;
  /** One statement as superuser. */
  sql: (node: "primary" | "replica", text: string) => Promise<Record<string, unknown>[]>;
  /** One statement as superuser on the primary, in `database`. */
  sqlIn: (database: string, text: string) => Promise<Record<string, unknown>[]>;
  /** Ends everything and removes its data. */
  stop: () => Promise<void>;
}

export const s3Key = { accessKeyId: "testkey", secretAccessKey: "testsecret" };

/**
 * A primary with a streaming replica, Redis and SeaweedFS, empty, on ports of their own. What a test does not use it
 * may leave out: those are never started.
 */
export async function startDaemons(without: ("replica" | "redis" | "storage")[] = []): Promise<Daemons> {
  const tools = await machineTools("postgres", "redis", "seaweedfs");
  const dir = mkdtempSync(join(tmpdir(), "purlin-services-"));
  own(dir);
  const postgres = need(tools.postgres);
  const pwfile = join(dir, "password");
  writeFileSync(pwfile, "test");
  own(pwfile);
  await run(executable(postgres, "initdb"), [
    "-D",
    join(dir, "primary"),
    "-U",
    "postgres",
    "-A",
    "scram-sha-256",
    `--pwfile=${pwfile}`,
    "-N",
  ]);
  await run("cp", ["-a", join(dir, "primary"), join(dir, "replica")]); // a copy of a cluster that never ran is a base backup
  await run("touch", [join(dir, "replica", "standby.signal")]);
  const ports = { primary: await freePort(), replica: await freePort() };
  const connect = (port: number) => ({
    host: "127.0.0.1",
    port,
    user: "postgres",
    password: "test",
    database: "postgres",
  });
  const follow = `host=127.0.0.1 port=${ports.primary} user=postgres password=test`;

  const server = (node: "primary" | "replica", settings: string[]) =>
    daemon(
      executable(postgres, "postgres"),
      ports[node],
      ["-D", join(dir, node), "-p", String(ports[node]), "-k", dir, "-c", "listen_addresses=127.0.0.1", ...settings],
      () => query(connect(ports[node]), "SELECT 1"),
    );
  const primary = server("primary", ["-c", "wal_keep_size=256MB", "-c", "max_connections=200"]);
  const replica = server("replica", [
    "-c",
    `primary_conninfo=${follow}`,
    "-c",
    "hot_standby=on",
    "-c",
    "max_connections=200",
  ]);
  const redis = await redisDaemon(need(tools.redis), dir);
  const storage = await storageDaemon(need(tools.seaweedfs), dir);
  const all = [primary, replica, redis, storage];
  const stop = async () => {
    await Promise.all(all.map((one) => one.kill()));
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const wanted = (name: (typeof without)[number], start: () => Promise<void>) =>
      without.includes(name) ? undefined : start();
    await Promise.all([
      primary.start().then(() => wanted("replica", replica.start)),
      wanted("redis", redis.start),
      wanted("storage", storage.start),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    primary,
    replica,
    redis,
    storage,
    sql: (node, text) => query(connect(ports[node]), text),
    sqlIn: (database, text) => query({ ...connect(ports.primary), database }, text),
    stop,
  };
}

async function redisDaemon(tool: Tool, dir: string): Promise<Daemon> {
  const port = await freePort();
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", dir];
  return daemon(executable(tool, "redis-server"), port, args, async () => {
    const redis = new Redis(port, "127.0.0.1", { lazyConnect: true, retryStrategy: () => null });
    redis.on("error", () => undefined); // asked again until it answers
    try {
      await redis.connect();
      await redis.ping();
    } finally {
      redis.disconnect();
    }
  });
}

async function storageDaemon(tool: Tool, dir: string): Promise<Daemon> {
  const roles = ["master", "volume", "filer", "s3"] as const;
  const s3 = await freePort();
  const listeners: string[] = [];
  for (const role of roles) {
    listeners.push(`-${role}.port=${role === "s3" ? s3 : await freePort()}`, `-${role}.port.grpc=${await freePort()}`);
  }
  const config = join(dir, "s3.json");
  const { accessKeyId: accessKey, secretAccessKey: secretKey } = s3Key;
  writeFileSync(
    config,
    JSON.stringify({
      identities: [
        {
          name: "test",
          credentials: [{ accessKey, secretKey }],
          actions: ["Admin", "Read", "Write", "List", "Tagging"],
        },
      ],
    }),
  );
  const data = mkdtempSync(join(dir, "weed-"));
  own(data);
  own(config);
  const flags = [
    `-dir=${data}`,
    "-ip=127.0.0.1",
    ...listeners,
    "-filer",
    "-s3",
    "-s3.port.iceberg=0", // fixed ports, which every server on the machine would want
    "-s3.port.lance=0",
    `-s3.config=${config}`,
    "-volume.max=20",
    "-master.volumeSizeLimitMB=64",
  ];
  return daemon(executable(tool, "weed"), s3, ["server", ...flags], async () => {
    const answer = await fetch(`http://127.0.0.1:${s3}/`, { signal: AbortSignal.timeout(1000) });
    if (answer.status >= 500) throw new Error(`storage answers ${answer.status}`);
  });
}

function daemon(file: string, port: number, args: string[], probe: () => Promise<unknown>): Daemon {
  let child: ChildProcess | undefined;
  return {
    port,
    start: async () => {
      let output = "";
      const started = spawn(file, args, { ...user, stdio: ["ignore", "pipe", "pipe"] });
      for (const stream of [started.stdout, started.stderr])
        stream.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4000)));
      child = started;
      await eventually(probe, () => {
        if (started.exitCode !== null) throw new Error(`${file} exited with ${started.exitCode}:\n${output}`);
      });
    },
    kill: async () => {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      signalAll(child, "SIGCONT"); // Postgres' own processes end with their parent, unless they are frozen
      child.kill("SIGKILL");
      await gone;
    },
    freeze: () => signalAll(child, "SIGSTOP"),
    thaw: () => signalAll(child, "SIGCONT"),
  };
}

/** A signal to the daemon and the processes it has made: Postgres serves each connection in one of its own. */
function signalAll(child: ChildProcess | undefined, signal: "SIGSTOP" | "SIGCONT"): void {
  if (!child?.pid) return;
  child.kill(signal);
  for (const pid of readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").split(" ").filter(Boolean)) {
    try {
      process.kill(Number(pid), signal);
    } catch {
      // it ended meanwhile
    }
  }
}

/** Tries until `attempt` resolves, for at most a minute; `check` may end the wait by throwing. */
export async function eventually<T>(attempt: () => Promise<T>, check: () => void = () => undefined): Promise<T> {
  const until = performance.now() + 60_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      check();
      if (performance.now() > until) throw error;
      await sleep(50);
    }
  }
}

async function query(settings: pg.ClientConfig, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ ...settings, connectionTimeoutMillis: 2000 });
  client.on("error", () => undefined); // the query itself reports it
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function run(file: string, args: string[]): Promise<void> {
  const child = spawn(file, args, { ...user, stdio: ["ignore", "ignore", "inherit"] });
  await once(child, "exit");
  if (child.exitCode !== 0) throw new Error(`${file} failed with ${child.exitCode}`);
}

function need(tool: Tool | undefined): Tool {
  if (!tool) throw new Error("a tool of the tests is missing");
  return tool;
}

function own(path: string): void {
  if (user.uid !== undefined) chownSync(path, user.uid, user.gid);
  chmodSync(path, 0o700);
}
