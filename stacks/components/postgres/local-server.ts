import path from "node:path";
import { interpolate } from "@pulumi/pulumi";
import { executable } from "../../../toolchain/tool.ts";
import { Directory } from "../../targets/local/resources/directory.ts";
import { File } from "../../targets/local/resources/file.ts";
import { fingerprint } from "../../targets/local/resources/fingerprint.ts";
import { Process } from "../../targets/local/resources/process.ts";
import { Task } from "../../targets/local/resources/task.ts";
import type { LocalTarget, Resource } from "../../targets/local/target.ts";
import type { Login } from "../component.ts";
import { requireMajor } from "./data-version.ts";
import type { PostgresSpec } from "./outputs.ts";
import { platformRoles } from "./roles.ts";
import {
  reloadableSettings,
  renderConf,
  renderHba,
  restartSettings,
  streamingSettings,
  type Settings,
} from "./settings.ts";
import { tune, type Tuning } from "./tuning.ts";

const host = "127.0.0.1";

/** What every part of the local component needs to know. */
export interface Context {
  target: LocalTarget;
  spec: PostgresSpec;
  /** How tasks reach the primary. */
  superuser: Login & { port: number; caFile: string };
  replication: Login;
  monitor: Login;
  heartbeat: Login;
  replicaNumbers: number[];
  tuning: Tuning;
  /** Folders that everything is in. */
  folders: Directory[];
}

export interface LocalServer {
  /** `primary`, `replica_1`; for a replica also its slot. */
  name: string;
  /** `primary`, `replica-1`: how people know it. */
  folder: string;
  role: "primary" | "replica";
  /** File that says a replica's copy is whole. */
  marker: string;
  address: { host: string; port: number };
  process: Process;
}

export function context(target: LocalTarget, spec: PostgresSpec, folders: Directory[]): Context {
  const login = (user: string): Login => ({ user, password: target.secret(`postgres/${user}`) });
  const wanted = spec.ports?.primary;
  const port = target.port("postgres/primary", wanted === undefined ? undefined : { port: wanted, exact: true });
  return {
    target,
    spec,
    superuser: { ...login(platformRoles.superuser), port, caFile: target.certificate.caFile },
    replication: login(platformRoles.replication),
    monitor: login(platformRoles.monitor),
    heartbeat: login(platformRoles.heartbeat),
    replicaNumbers: Array.from({ length: spec.replicas }, (_, index) => index + 1),
    tuning: tune(target.machine, { ...spec, servers: 1 + spec.replicas }),
    folders,
  };
}

export function primaryServer(ctx: Context): LocalServer {
  const { target, spec, superuser } = ctx;
  const dataDir = dataDirOf(target, "primary");
  const cluster = new Task(
    "postgres-init",
    {
      component: "postgres",
      command: [target.node, target.script("components/postgres/tasks/init")],
      input: {
        initdb: executable(target.tool("postgres"), "initdb"),
        major: spec.version,
        dataDir,
        superuser: superuser.user,
        password: superuser.password,
        replicaDataDirs: ctx.replicaNumbers.map((number) => dataDirOf(target, `replica-${number}`)),
      },
      creates: path.join(dataDir, "PG_VERSION"),
      timeoutSeconds: 120,
    },
    { dependsOn: ctx.folders },
  );
  return server(ctx, {
    role: "primary",
    name: "primary",
    folder: "primary",
    port: superuser.port,
    streaming: {},
    dependsOn: [cluster],
  });
}

export function replicaServer(ctx: Context, number: number, primary: LocalServer): LocalServer {
  const { target, spec, superuser, replication } = ctx;
  const [folder, slot] = [`replica-${number}`, `replica_${number}`];
  const dataDir = dataDirOf(target, folder);
  const marker = markerOf(dataDir);
  const passFile = path.join(target.configDir("postgres"), folder, "pgpass");

  const home = new Directory(
    `postgres-${folder}-data`,
    { path: path.dirname(dataDir), holds: "scratch" }, // a copy: the primary has it all
    { dependsOn: ctx.folders },
  );
  const copy = new Task(
    `postgres-${folder}-base-backup`,
    {
      component: "postgres",
      command: [target.node, target.script("components/postgres/tasks/base-backup")],
      input: {
        primary: superuser,
        replication,
        major: spec.version,
        dataDir,
        marker,
        slot,
        maxConnections: spec.maxConnections,
      },
      creates: marker,
      timeoutSeconds: 3600,
    },
    { dependsOn: [home, primary.process] },
  );
  const password = new File(
    `postgres-${folder}-pgpass`,
    { path: passFile, content: interpolate`*:*:*:${replication.user}:${replication.password}\n`, mode: 0o600 },
    { dependsOn: ctx.folders },
  );
  return server(ctx, {
    role: "replica",
    name: slot,
    folder,
    port: target.port(`postgres/${folder}`),
    streaming: streamingSettings({ ...superuser, passFile, user: replication.user, slot }),
    dependsOn: [copy, password],
  });
}

interface ServerArgs {
  role: "primary" | "replica";
  name: string;
  folder: string;
  port: number;
  streaming: Settings;
  dependsOn: Resource[];
}

/** Configuration and daemon of one server. What needs a restart and what only a reload are in files of their own. */
function server(ctx: Context, { role, name, folder, port, streaming, dependsOn }: ServerArgs): LocalServer {
  const { target, spec, superuser, tuning } = ctx;
  const dataDir = dataDirOf(target, folder);
  requireMajor(dataDir, spec.version); // the tasks ask again, but here nothing has been changed yet
  const file = (base: string): string => path.join(target.configDir("postgres"), folder, base);
  const restart = renderConf(
    restartSettings({ name, port, hbaFile: file("pg_hba.conf") }, spec.maxConnections, tuning),
    file("reloadable.conf"),
  );
  const reloadable = renderConf({ ...reloadableSettings(tuning, target.certificate), ...streaming });
  const hba = renderHba(platformRoles.replication);
  const write = (base: string, content: string): File =>
    new File(`postgres-${folder}-${base}`, { path: file(base), content }, { dependsOn: ctx.folders });

  const process = new Process(
    `postgres-${folder}`,
    {
      component: "postgres",
      command: [
        executable(target.tool("postgres"), "postgres"),
        ...["-D", dataDir, "-c", `config_file=${file("postgresql.conf")}`],
      ],
      stop: { signal: "INT", timeoutSeconds: 60 }, // fast shutdown: sessions are ended, everything is written
      ready: { kind: "postgres", host, ...superuser, port, database: "postgres", role },
      startTimeoutSeconds: 600, // recovery after a crash replays up to max_wal_size
      restartOn: { "postgresql.conf": fingerprint(restart) },
      reload: {
        signal: "HUP",
        on: {
          "reloadable.conf": fingerprint(reloadable),
          "pg_hba.conf": fingerprint(hba),
          certificate: target.certificate.fingerprint,
        },
      },
    },
    {
      dependsOn: [
        ...dependsOn,
        write("postgresql.conf", restart),
        write("reloadable.conf", reloadable),
        write("pg_hba.conf", hba),
      ],
    },
  );
  return { name, folder, role, marker: markerOf(dataDir), address: { host, port }, process };
}

function dataDirOf(target: LocalTarget, folder: string): string {
  return path.join(target.dataDir("postgres"), folder, "pgdata");
}

function markerOf(dataDir: string): string {
  return path.join(path.dirname(dataDir), "copied");
}
