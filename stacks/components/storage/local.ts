import path from "node:path";
import type { Input, Resource } from "@pulumi/pulumi";
import { Directory } from "../../targets/local/resources/directory.ts";
import { File } from "../../targets/local/resources/file.ts";
import { fingerprint } from "../../targets/local/resources/fingerprint.ts";
import { Process } from "../../targets/local/resources/process.ts";
import { Task } from "../../targets/local/resources/task.ts";
import type { LocalTarget } from "../../targets/local/target.ts";
import type { BuildInput, Built, Front, ScrapeTarget } from "../component.ts";
import { consumerIdentities, identityFile, type Identity } from "./identities.ts";
import type { StorageOutputs, StorageSpec } from "./outputs.ts";
import { presignedRoutes } from "./presigned.ts";
import { weedArguments, weedSockets, type WeedDaemon, type WeedPorts } from "./weed.ts";

const host = "127.0.0.1";
const region = "us-east-1"; // what S3 clients assume when nobody tells them

/** SeaweedFS: server (master and volumes) <- filer <- s3, then the buckets. */
export function local(target: LocalTarget, { spec, consumers, front }: BuildInput<"storage">): Built<"storage"> {
  const ports = portsOf(target);
  const data = new Directory("storage-data", { path: target.dataDir("storage"), holds: "data" });
  const config = new Directory("storage-config", { path: target.configDir("storage"), holds: "scratch" });
  const users = consumerIdentities(consumers, target.secret);
  const admin = administrator(target);
  const identities = identityFile([admin, ...users]);
  const identitiesPath = path.join(config.path, "s3.json");
  const identitiesFile = new File(
    "storage-identities",
    { path: identitiesPath, content: identities, mode: 0o600 },
    { dependsOn: [config] },
  );

  const daemon = weedDaemons(target, ports, { data: data.path, config: config.path, identities: identitiesPath });
  const server = daemon("server", `http://${host}:${ports.volume}/healthz`, [data, config]);
  const filer = daemon("filer", `http://${host}:${ports.filer}/healthz`, [server]);
  const s3 = daemon("s3", `http://${host}:${ports.s3}/healthz`, [filer, identitiesFile], {
    identities: fingerprint(identities),
  });

  const endpoint = `http://${host}:${ports.s3}`;
  const buckets = makeBuckets(target, { endpoint, region, ...admin, buckets: settingsOf(spec) }, s3);
  return {
    outputs: outputsOf(endpoint, spec, users, front),
    ready: [buckets],
    scrape: [scrape("server", ports.serverMetrics), scrape("filer", ports.filerMetrics), scrape("s3", ports.s3Metrics)],
    routes: presignedRoutes(spec, { host, port: ports.s3 }),
  };
}

function portsOf(target: LocalTarget): WeedPorts {
  const port = (name: string) => target.port(`storage/${name}`);
  return {
    master: port("master"),
    masterGrpc: port("master-grpc"),
    volume: port("volume"),
    volumeGrpc: port("volume-grpc"),
    filer: port("filer"),
    filerGrpc: port("filer-grpc"),
    s3: port("s3"),
    s3Grpc: port("s3-grpc"),
    serverMetrics: port("server-metrics"),
    filerMetrics: port("filer-metrics"),
    s3Metrics: port("s3-metrics"),
  };
}

/** Used by the buckets Task alone. */
function administrator(target: LocalTarget): Identity {
  return {
    name: "purlin_admin",
    accessKeyId: "purlin_admin",
    secretAccessKey: target.secret("storage/admin"),
    actions: ["Admin", "Read", "Write", "List", "Tagging"],
  };
}

/**
 * Seconds to stop. The filer subscribes to its own changes and, asked to end, waits 15 s for that subscription, which
 * nobody can end. By then S3, its only client, is gone and nothing is in flight, so it is not waited for: its store
 * opens after a kill as after a stop.
 */
const patience: Record<WeedDaemon, number> = { server: 5, filer: 0.5, s3: 5 };

function weedDaemons(target: LocalTarget, ports: WeedPorts, folders: Parameters<typeof weedArguments>[1]) {
  const weedArgs = weedArguments(ports, folders);
  const sockets = weedSockets(ports);
  const env = signingKeys(target);
  return (name: WeedDaemon, url: string, dependsOn: Resource[], restartOn: Record<string, Input<string>> = {}) =>
    new Process(
      `storage-${name}`,
      {
        component: "storage",
        command: [target.tool("seaweedfs").bin["weed"] ?? "weed", ...weedArgs[name]],
        cwd: folders.data,
        env,
        stop: { signal: "TERM", timeoutSeconds: patience[name] },
        ready: { kind: "http", url },
        leaves: sockets[name],
        startTimeoutSeconds: 60,
        restartOn,
      },
      { dependsOn },
    );
}

/** With these, volumes and filer answer only requests signed by one another: S3 is the one door. */
function signingKeys(target: LocalTarget): Record<string, Input<string>> {
  return {
    WEED_JWT_SIGNING_KEY: target.secret("storage/jwt/volume-write"),
    WEED_JWT_SIGNING_READ_KEY: target.secret("storage/jwt/volume-read"),
    WEED_JWT_FILER_SIGNING_KEY: target.secret("storage/jwt/filer-write"),
    WEED_JWT_FILER_SIGNING_READ_KEY: target.secret("storage/jwt/filer-read"),
  };
}

function makeBuckets(
  target: LocalTarget,
  { endpoint, region, accessKeyId, secretAccessKey, buckets }: Identity & BucketsInput,
  s3: Process,
): Task {
  return new Task(
    "storage-buckets",
    {
      component: "storage",
      command: [target.node, target.script("components/storage/tasks/buckets")],
      input: { endpoint, region, accessKeyId, secretAccessKey, buckets },
      timeoutSeconds: 120,
    },
    { dependsOn: [s3] },
  );
}

interface BucketsInput {
  endpoint: string;
  region: string;
  buckets: ReturnType<typeof settingsOf>;
}

/** What the bucket itself has to be like; who may reach it is the gateway's and the identities' affair. */
function settingsOf({ buckets }: StorageSpec) {
  const entries = Object.entries(buckets).map(
    ([name, { versioning, expireDays }]) => [name, { versioning, expireDays }] as const,
  );
  return Object.fromEntries(entries);
}

function outputsOf(
  endpoint: string,
  { buckets }: StorageSpec,
  users: Identity[],
  front: Front | undefined,
): StorageOutputs {
  const isPresigned = Object.values(buckets).some(({ presigned }) => presigned);
  return {
    endpoint,
    ...(front && isPresigned && { publicEndpoint: front.url }),
    region,
    buckets: Object.fromEntries(Object.entries(buckets).map(([name, { presigned }]) => [name, { name, presigned }])),
    consumers: Object.fromEntries(
      users.map(({ name, accessKeyId, secretAccessKey }) => [name, { accessKeyId, secretAccessKey }]),
    ),
  };
}

function scrape(instance: WeedDaemon, port: number): ScrapeTarget {
  return { job: "storage", address: `${host}:${port}`, labels: { component: "storage", instance } };
}
