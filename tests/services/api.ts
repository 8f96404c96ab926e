import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { freePort } from "../harness/free-port.ts";
import { eventually, s3Key, type Daemons } from "./daemons.ts";

const folder = join(import.meta.dirname, "../../services/api");
const bucket = "attachments";

/** A running instance of the API: the real process, from source. */
export interface Api extends AsyncDisposable {
  url: string;
  internalUrl: string;
  /** JSON lines it wrote so far. */
  logs: () => Record<string, unknown>[];
  /** Sends the signal and resolves with the exit code. */
  stop: (signal?: NodeJS.Signals) => Promise<number | null>;
  readiness: () => Promise<{ code: number; status: string; checks: Record<string, { ok: boolean }> }>;
}

/** Migrates the database and makes the bucket. */
export async function prepare(daemons: Daemons): Promise<void> {
  await daemons.sql("primary", "CREATE ROLE owner LOGIN PASSWORD 'test'");
  await daemons.sql("primary", "CREATE DATABASE app OWNER owner");
  await migrateApi(daemons);
  await eventually(() => storageClient(daemons).send(new CreateBucketCommand({ Bucket: bucket })));
}

/** Runs the service's own migration; rejects with what it wrote when it fails. */
export async function migrateApi(daemons: Daemons): Promise<void> {
  const child = run("src/migrate.ts", {
    POSTGRES_OWNER_URL: `postgres://owner:test@127.0.0.1:${daemons.primary.port}/app`,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await once(child, "exit");
  if (child.exitCode !== 0) throw new Error(`migrate failed:\n${output}`);
}

export async function startApi(daemons: Daemons, name: string, env: Record<string, string> = {}): Promise<Api> {
  const [port, internalPort] = [await freePort(), await freePort()];
  const child = run("src/server.ts", {
    SERVICE_NAME: "api",
    SERVICE_INSTANCE: name,
    PORT: String(port),
    INTERNAL_PORT: String(internalPort),
    POSTGRES_PRIMARY_URL: `postgres://owner:test@127.0.0.1:${daemons.primary.port}/app`,
    POSTGRES_REPLICA_URLS: `postgres://owner:test@127.0.0.1:${daemons.replica.port}/app`,
    REDIS_CACHE_URL: `redis://127.0.0.1:${daemons.redis.port}`,
    REDIS_KEY_PREFIX: "api:",
    S3_ENDPOINT: `http://127.0.0.1:${daemons.storage.port}`,
    S3_REGION: "us-east-1",
    S3_ACCESS_KEY_ID: s3Key.accessKeyId,
    S3_SECRET_ACCESS_KEY: s3Key.secretAccessKey,
    S3_BUCKET_ATTACHMENTS: bucket,
    ATTACHMENT_LIMIT: String(8 * 1024 * 1024),
    ...env,
  });
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
    if (child.exitCode !== null) throw new Error(`the API exited with ${child.exitCode}:\n${out}${err}`);
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
    logs: () => out.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>])),
    stop,
    readiness,
    [Symbol.asyncDispose]: async () => {
      await stop("SIGKILL");
    },
  };
}

/** Keys of all stored objects. */
export async function storedObjects(daemons: Daemons): Promise<string[]> {
  const { Contents = [] } = await storageClient(daemons).send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key }) => Key ?? "");
}

function storageClient(daemons: Daemons): S3Client {
  const endpoint = `http://127.0.0.1:${daemons.storage.port}`;
  return new S3Client({ endpoint, region: "us-east-1", credentials: s3Key, forcePathStyle: true });
}

function run(script: string, env: Record<string, string>) {
  const args = ["--conditions=source", "--disable-warning=ExperimentalWarning", script];
  return spawn(process.execPath, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
}
